import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startApi } from '../api/start-api.ts'
import { systemClock } from '../lib/clock.ts'
import { exitCodes, toAppError } from '../lib/errors.ts'
import { silentLogger } from '../lib/logger.ts'
import { loadScenario } from '../scenario/load-scenario.ts'
import { ApiWorld } from '../testing/api-world.ts'
import { checkHtml } from '../testing/check-html.ts'
import { FakeProgram } from '../testing/fake-program.ts'
import { startRealTarget } from '../testing/real-target.ts'
import { waitFor } from '../testing/wait-for.ts'
import { RunLog } from './conduct-run.ts'
import type { RunFlags } from './load-from-flags.ts'
import { runRemotely } from './remote-run.ts'

const token = 'a-token-of-this-test'

let world: ApiWorld
let directory: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-remote-'))
  world = await ApiWorld.start({ token })
  await writeFile(join(directory, 'users.csv'), 'name\nann\nbob\n')
})
after(async () => {
  await world[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** `groundswell run scenario.yaml --orchestrator URL`, as it is called when the scenario was read. */
const start = async (text: string, flags: Partial<RunFlags> & { detach?: boolean } = {}, env = {}) => {
  const file = join(directory, 'shop.yaml')
  await writeFile(file, text)
  const program = new FakeProgram([])
  const context = { ...program.context, env: { GROUNDSWELL_TOKEN: token, ...env } }
  const loaded = await loadScenario(file, { env: context.env, set: flags.set ?? [], drawSeed: () => 7 })
  const all: RunFlags = { set: [], allowTarget: [], header: [], slo: [], color: false, ...flags }
  const ended = runRemotely(
    context,
    loaded,
    { orchestrator: world.url, ...all },
    new RunLog(context, flags.quiet),
    flags.out,
  )
  ended.catch(() => {})
  return { program, loaded, ended }
}

const scenario = (perSecond: number, seconds: number, more = ''): string =>
  `drivers: 2\nhttp: ${world.target.url}\nload: { rate: ${perSecond}/s, duration: ${seconds}s }\n${more}`

describe('groundswell run FILE --orchestrator URL', () => {
  it('hands the scenario over with its files, environment and changes, follows it, and reports it', async () => {
    const received = world.target.received
    const text = `
drivers: 2
http:
  target: ${world.target.url}
  feeders: { users: users.csv }
  requests:
    - { get: "/hello/{{users.name}}", headers: { authorization: "Bearer \${SECRET}" } }
load: { rate: 10/s, duration: 2s }
slo: [ errors < 1% ]
`
    const out = join(directory, 'results')
    const { program, ended } = await start(
      text,
      { set: ['load.rate=50/s'], out },
      { SECRET: 'hidden-value', OTHER: 'x' },
    )
    assert.equal(await ended, exitCodes.passed, program.stderr.text)
    assert.equal(world.target.received - received, 100)
    assert.match(program.stderr.text, /shop: 50\/s/)
    assert.match(program.stderr.text, /finished: passed/)
    assert.match(program.stdout.text, /passed/i)
    assert.deepEqual((await readdir(out)).sort(), [
      'junit.xml',
      'report.html',
      'result.json',
      'summary.md',
      'timeline.csv',
    ])
    const result = JSON.parse(await readFile(join(out, 'result.json'), 'utf8'))
    assert.equal(result.totals.sent, 100)
    assert.equal(result.seed, 7)
    assert.equal(JSON.stringify(result).includes('hidden-value'), false)
    assert.ok((await readFile(join(out, 'timeline.csv'), 'utf8')).split('\n').length > 3)
    const { faults, text: page, elements } = checkHtml(await readFile(join(out, 'report.html'), 'utf8'))
    assert.deepEqual(faults, [])
    assert.match(page, /Passed: errors 0 % of 1 % allowed/)
    assert.equal(elements.filter(({ name }) => name === 'figure').length, 8)
    assert.equal(page.includes('hidden-value'), false)
    assert.ok(world.target.arrivals.some(({ url }) => url === '/hello/bob'))
  })

  it('exits with the outcome: an SLO that is crossed', async () => {
    const { ended, program } = await start(scenario(20, 1, 'slo: [ "p99 < 1us" ]\n'), { json: true })
    assert.equal(await ended, exitCodes.sloCrossed)
    assert.equal(JSON.parse(program.stdout.text).outcome, 'failed')
  })

  it('--detach prints the id and returns', async () => {
    const { ended, program } = await start(scenario(20, 1), { detach: true })
    assert.equal(await ended, exitCodes.passed)
    const id = program.stdout.text.trim()
    await world.run(id).ended
    assert.equal(world.run(id).state.phase, 'finished')
  })

  it('Ctrl-C stops the run there; a second one leaves it alone, and says so', async () => {
    const { ended, program } = await start(scenario(20, 600))
    await waitFor('the run to run', () => program.stderr.text.includes('running against'))
    program.signal('SIGINT')
    assert.equal(await ended, exitCodes.interrupted)
    assert.match(program.stderr.text, /Stopping/)
    assert.equal([...world.orchestrator.runs.values()].at(-1)?.state.controls.at(-1)?.command, 'stop')
    assert.equal(program.listeners, 0)

    // Its answers take a while, so the run is still stopping when the second one comes.
    await using slow = await startRealTarget((_request, response) => {
      setTimeout(() => response.end('ok'), 5000)
    })
    const text = `drivers: 2\nhttp: ${slow.url}\nload: { rate: 20/s, duration: 600s }\n`
    const other = await start(text)
    await waitFor('some requests', () => slow.received > 10)
    other.program.signal('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 200))
    other.program.signal('SIGINT')
    assert.deepEqual(other.program.exits, [exitCodes.interrupted])
    assert.match(other.program.stderr.text, /Left alone: run r-\w+ goes on/)
    await other.ended
  })

  it('keys steer it', async () => {
    const file = await start(scenario(20, 600))
    await waitFor('the run to run', () => file.program.stderr.text.includes('running against'))
    file.program.signal('SIGTERM')
    await file.ended

    const program = new FakeProgram([])
    program.stdin.isTTY = true
    program.stderr.isTTY = true
    const context = { ...program.context, env: { GROUNDSWELL_TOKEN: token } }
    const loaded = await loadScenario(join(directory, 'shop.yaml'), { env: {}, drawSeed: () => 7 })
    const flags = { set: [], allowTarget: [], header: [], slo: [], color: false, orchestrator: world.url }
    const ended = runRemotely(context, loaded, flags, new RunLog(context, false), undefined)
    const run = await waitFor('the run', () =>
      [...world.orchestrator.runs.values()].find(({ state }) => state.phase === 'running'),
    )
    await waitFor('the view', () => program.stderr.text.includes('RUNNING'))
    const pressed = async (key: string, command: string): Promise<void> => {
      const before = run.state.controls.length
      program.stdin.write(key)
      await waitFor(command, () => run.state.controls.length > before)
      assert.equal(run.state.controls.at(-1)?.command, command)
    }
    await pressed('+', 'rate')
    await pressed(' ', 'pause')
    await waitFor('the pause to be shown', () => program.stderr.text.includes('PAUSED'))
    await pressed(' ', 'resume')
    await pressed('q', 'stop')
    assert.equal(await ended, exitCodes.interrupted)
    assert.deepEqual(
      run.state.controls.map(({ by }) => by),
      ['api', 'api', 'api', 'api'],
    )
  })

  it('says what a server refuses: no token, a wrong one, a scenario that only it finds wrong', async () => {
    const refused = async (flags: Partial<RunFlags>, env: Record<string, string>): Promise<string> => {
      const { ended } = await start(scenario(20, 1), flags, env)
      return ended.then(
        () => 'nothing',
        (error: unknown) => toAppError(error).code,
      )
    }
    assert.equal(await refused({}, { GROUNDSWELL_TOKEN: '' }), 'UNAUTHORIZED')
    assert.equal(await refused({}, { GROUNDSWELL_TOKEN: 'other' }), 'UNAUTHORIZED')
    assert.equal(await refused({ orchestrator: 'http://127.0.0.1:1' }, {}), 'ORCHESTRATOR_UNREACHABLE')
    assert.equal(await refused({ orchestrator: 'not a url' }, {}), 'USAGE')
    assert.equal(await refused({ orchestrator: world.target.url }, {}), 'ORCHESTRATOR_UNREACHABLE')
  })
})

describe('a lost connection', () => {
  it('is said and healed, and the run reported as if nothing had been', async () => {
    const restart = async (port: number) =>
      startApi({
        orchestrator: world.orchestrator,
        store: world.store,
        clock: systemClock,
        logger: silentLogger,
        host: '127.0.0.1',
        port,
        version: 'test',
        token,
      })
    const first = await restart(0)
    const { ended, program } = await start(scenario(50, 4), { orchestrator: first.url })
    await waitFor('the run to run', () => program.stderr.text.includes('running against'))
    await first.close()
    await waitFor('the loss to be said', () => program.stderr.text.includes('The connection is lost'))
    const second = await restart(Number(new URL(first.url).port))
    try {
      assert.equal(await ended, exitCodes.passed, program.stderr.text)
      assert.match(program.stderr.text, /The connection is back/)
      assert.equal(program.stderr.text.match(/connection is lost/g)?.length, 1)
    } finally {
      await second.close()
    }
  })
})

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { startRealTarget } from '../real-target.ts'
import { resultOf, runProgramToEnd, startProgram } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/** Several Node processes start on a busy machine. */
const patienceMs = 120_000

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-embedded-'))
})
after(() => rm(directory, { recursive: true, force: true }))

/** `groundswell orchestrator` without Kafka, in a process of its own; killed at its end. */
class Embedded implements AsyncDisposable {
  readonly program: ReturnType<typeof startProgram>
  #url = ''

  constructor(args: readonly string[]) {
    this.program = startProgram(
      ['orchestrator', '--listen', '127.0.0.1:0', '--log-format', 'json', ...args],
      { env: { GROUNDSWELL_KAFKA: '' }, limitMs: 5 * patienceMs },
    )
  }

  async up(): Promise<this> {
    const line = await this.said('up, waiting for runs')
    this.#url = String(line.url)
    return this
  }

  get url(): string {
    return this.#url
  }

  get pid(): number {
    return this.program.child.pid ?? assert.fail('it was not started')
  }

  said(text: string): Promise<Record<string, unknown>> {
    return waitFor(
      `the orchestrator to say "${text}"`,
      () => {
        if (this.program.child.exitCode !== null) assert.fail(this.program.stderr())
        const line = this.program
          .stderr()
          .split('\n')
          .slice(0, -1)
          .find((one) => one.includes(text))
        return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>)
      },
      patienceMs,
    )
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? (undefined as T) : (JSON.parse(text) as T) }
  }

  async create(scenario: object, id?: string): Promise<string> {
    const { status, body } = await this.call<RunResult>('POST', '/api/runs', { scenario, id })
    assert.equal(status, 201, JSON.stringify(body))
    return body.id
  }

  async result(id: string): Promise<RunResult> {
    return (await this.call<RunResult>('GET', `/api/runs/${id}`)).body
  }

  awaitResult(id: string, what: string, is: (result: RunResult) => boolean): Promise<RunResult> {
    return waitFor(
      `run ${id} to be ${what}`,
      async () => {
        const result = await this.result(id)
        return is(result) ? result : undefined
      },
      patienceMs,
    )
  }

  awaitEnd(id: string): Promise<RunResult> {
    return this.awaitResult(id, 'over', ({ state }) => state === 'finished')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program.child.kill('SIGKILL')
    await this.program.ended
  }
}

const startEmbedded = (...args: string[]): Promise<Embedded> => new Embedded(args).up()

/** Ready late on a busy machine is no fault. */
const start = { deadline: '100s' }

const load = (target: string, rate: string, duration: string, drivers = 1) => ({
  name: 'embedded',
  drivers,
  start,
  http: { target, requests: [{ get: '/' }] },
  load: { rate, duration },
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A process that is gone, or that only waits for somebody to ask how it ended. */
const isGone = async (pid: number): Promise<boolean> => {
  if (!isAlive(pid)) return true
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return / Z /.test(status)
}

const pidsOf = (result: RunResult): number[] => result.drivers.flatMap(({ pid }) => pid ?? [])

describe('an orchestrator without Kafka', () => {
  it('serves the page, starts target and drivers for a run, and keeps the drivers for the next', async () => {
    await using orchestrator = await startEmbedded()
    const page = await fetch(orchestrator.url)
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-type') ?? '', /text\/html/)
    await page.text()

    const first = await orchestrator.awaitEnd(await orchestrator.create(load('builtin', '100/s', '1s', 2)))
    assert.deepEqual([first.outcome, first.totals.sent, first.totals.answered], ['passed', 100, 100])
    const second = await orchestrator.awaitEnd(await orchestrator.create(load('builtin', '50/s', '1s', 2)))
    assert.deepEqual([second.outcome, second.totals.answered], ['passed', 50])
    assert.deepEqual(pidsOf(second).sort(), pidsOf(first).sort(), 'they are the same drivers')
    assert.deepEqual(second.plan.targets, first.plan.targets, 'it is the same target')
  })

  it('carries two runs at once, each on drivers of its own', async () => {
    await using target = await startRealTarget()
    await using orchestrator = await startEmbedded()
    const ids = await Promise.all([1, 2].map(() => orchestrator.create(load(target.url, '100/s', '10m', 2))))
    const running = await Promise.all(
      ids.map((id) =>
        orchestrator.awaitResult(
          id,
          'at work',
          ({ state, totals }) => state === 'running' && totals.sent > 50,
        ),
      ),
    )
    assert.equal(new Set(running.flatMap(pidsOf)).size, 4)
    for (const id of ids) assert.equal((await orchestrator.call('POST', `/api/runs/${id}/stop`)).status, 202)
    const ended = await Promise.all(ids.map((id) => orchestrator.awaitEnd(id)))
    assert.deepEqual(
      ended.map(({ outcome }) => outcome),
      ['stopped', 'stopped'],
    )
    assert.equal(
      ended.reduce((sum, { totals }) => sum + totals.sent, 0),
      target.received,
    )
  })

  it('lets a run wait that finds all drivers busy, and refuses one that could never have enough', async () => {
    await using target = await startRealTarget()
    await using orchestrator = await startEmbedded('--max-drivers', '2')
    const refused = await orchestrator.call<{ code: string; detail: string; hint: string }>(
      'POST',
      '/api/runs',
      { scenario: load(target.url, '10/s', '1s', 3) },
    )
    assert.deepEqual([refused.status, refused.body.code], [503, 'DRIVERS_MISSING'])
    assert.match(refused.body.detail, /asks for 3 drivers; here are 2 at most/)
    assert.match(refused.body.hint, /--max-drivers/)
    const first = await orchestrator.create(load(target.url, '50/s', '10m', 2))
    await orchestrator.awaitResult(first, 'running', ({ totals }) => totals.sent > 0)
    const second = await orchestrator.create(load(target.url, '50/s', '1s', 2))
    assert.equal((await orchestrator.result(second)).state, 'queued')
    await orchestrator.call('POST', `/api/runs/${first}/stop`)
    assert.equal((await orchestrator.awaitEnd(second)).totals.sent, 50)
  })

  it('loads nobody who is not on its list', async () => {
    await using target = await startRealTarget()
    await using orchestrator = await startEmbedded('--allow-target', '10.99.0.0/16')
    const result = await orchestrator.awaitEnd(await orchestrator.create(load(target.url, '10/s', '1s')))
    assert.equal(result.error?.code, 'TARGET_NOT_ALLOWED')
    assert.equal(target.received, 0)
  })

  it('says that it lost a driver, and has another for the next run', async () => {
    await using target = await startRealTarget()
    await using orchestrator = await startEmbedded()
    const id = await orchestrator.create(load(target.url, '100/s', '10m', 2))
    const running = await orchestrator.awaitResult(id, 'at work', ({ totals }) => totals.sent > 100)
    const [lost = assert.fail('it has no drivers')] = pidsOf(running)
    process.kill(lost, 'SIGKILL')
    await orchestrator.awaitResult(id, 'without it', ({ drivers }) =>
      drivers.some(({ pid, state }) => pid === lost && (state === 'left' || state === 'lost')),
    )
    await orchestrator.call('POST', `/api/runs/${id}/stop`)
    const result = await orchestrator.awaitEnd(id)
    assert.equal(result.outcome, 'degraded')
    assert.match(result.why.join(' '), /50 % of the load is missing/)
    await orchestrator.said('a driver of this machine is lost')
    const next = await orchestrator.awaitEnd(await orchestrator.create(load(target.url, '100/s', '1s', 2)))
    assert.deepEqual([next.outcome, next.totals.sent], ['passed', 100])
    assert.ok(!pidsOf(next).includes(lost))
  })

  it('carries a run of the command line, with the target that ships with it', async () => {
    await using orchestrator = await startEmbedded()
    const end = await runProgramToEnd(
      ['run', 'builtin', '--rate', '50/s', '--requests', '50', '--json', '--orchestrator', orchestrator.url],
      { limitMs: patienceMs },
    )
    assert.equal(end.exitCode, 0, end.stderr)
    assert.equal(resultOf(end).totals.answered, 50)
  })

  it('stops what runs when it is asked to end, and has its result', async () => {
    await using target = await startRealTarget()
    const store = join(directory, 'stopped.sqlite')
    await using orchestrator = await startEmbedded('--store', store)
    const id = await orchestrator.create(load(target.url, '100/s', '10m', 2))
    const running = await orchestrator.awaitResult(id, 'at work', ({ totals }) => totals.sent > 50)
    orchestrator.program.child.kill('SIGTERM')
    const end = await orchestrator.program.ended
    assert.equal(end.exitCode, 0, end.stderr)
    assert.match(end.stderr, /one run is stopped in good order/)
    for (const pid of pidsOf(running)) await waitFor('the end of the drivers', () => isGone(pid), patienceMs)
    const shown = await runProgramToEnd(['results', 'show', id, '--json', '--store', store], {
      limitMs: patienceMs,
    })
    const result = resultOf(shown)
    assert.deepEqual([result.state, result.outcome], ['finished', 'stopped'])
    assert.equal(result.totals.sent, target.received)
  })

  it('killed with -9 leaves no process behind, and its next start closes what ran', async () => {
    await using target = await startRealTarget()
    const store = join(directory, 'killed.sqlite')
    const args = ['--store', store, '--max-drivers', '2']
    await using killed = await startEmbedded(...args)
    const builtin = await killed.awaitEnd(await killed.create(load('builtin', '50/s', '1s', 2)))
    const id = await killed.create(load(target.url, '100/s', '10m', 2))
    const queued = await killed.create(load(target.url, '100/s', '1s', 2))
    const running = await killed.awaitResult(id, 'at work', ({ totals }) => totals.sent > 300)
    killed.program.child.kill('SIGKILL')
    await killed.program.ended
    const pids = [...pidsOf(builtin), ...pidsOf(running)]
    assert.equal(pids.length, 4)
    for (const pid of pids) await waitFor(`the end of ${pid}`, () => isGone(pid), patienceMs)
    const targetUrl = builtin.plan.targets[0] ?? ''
    await waitFor(
      'the end of the built-in target',
      () =>
        fetch(targetUrl).then(
          () => false,
          () => true,
        ),
      patienceMs,
    )

    await using next = await startEmbedded(...args)
    const closed = await next.result(id)
    assert.deepEqual([closed.state, closed.outcome], ['finished', 'degraded'])
    assert.match(closed.why.join(' '), /ended with its orchestrator.* to 600 s/)
    assert.ok(closed.totals.sent > 0 && closed.totals.sent <= target.received, `${closed.totals.sent}`)
    assert.equal((await next.result(queued)).error?.code, 'ORCHESTRATOR_RESTARTED')
    const after = await next.awaitEnd(await next.create(load(target.url, '50/s', '1s', 2)))
    assert.equal(after.outcome, 'passed')
  })

  it('is told from another one on the same store and on the same port', async () => {
    const store = join(directory, 'shared.sqlite')
    await using orchestrator = await startEmbedded('--store', store)
    const { port } = new URL(orchestrator.url)
    const locked = await runProgramToEnd(['orchestrator', '--listen', '127.0.0.1:0', '--store', store], {
      limitMs: patienceMs,
    })
    assert.equal(locked.exitCode, 1)
    assert.match(locked.stderr, /--store/)
    const taken = await runProgramToEnd(['orchestrator', '--listen', `127.0.0.1:${port}`], {
      limitMs: patienceMs,
    })
    assert.equal(taken.exitCode, 1)
    assert.match(taken.stderr, new RegExp(`Port ${port} .* in use`))
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { HeardStream } from '../read-stream.ts'
import { startRealTarget } from '../real-target.ts'
import { RoleCluster } from '../role-cluster.ts'
import { type ProgramRun, resultOf, runProgramToEnd, startProgram } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/** Several Node processes start on a busy machine. */
const patienceMs = 120_000
const patient = ['--set', 'start.deadline=100s']

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-run-dashboard-'))
})
after(() => rm(directory, { recursive: true, force: true }))

/** The command with a dashboard on any free port; killed at its end. */
class Watched implements AsyncDisposable {
  readonly program: ProgramRun

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const dashboard = args.includes('--dashboard') ? [] : ['--dashboard', '127.0.0.1:0']
    this.program = startProgram(['run', ...args, ...patient, ...dashboard], {
      env,
      limitMs: 3 * patienceMs,
    })
  }

  /** Where the page is, and the run on it. */
  async served(): Promise<{ url: string; id: string }> {
    const [, url = '', id = ''] = await waitFor(
      'the address of the dashboard',
      () => {
        if (this.program.child.exitCode !== null) assert.fail(this.program.stderr())
        return /^dashboard {2}(http:\S+?)\/#\/runs\/(\S+)$/m.exec(this.program.stderr())
      },
      patienceMs,
    )
    return { url, id }
  }

  said(pattern: RegExp): Promise<unknown> {
    return waitFor(`"${pattern}"`, () => pattern.test(this.program.stderr()), patienceMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program.child.kill('SIGKILL')
    await this.program.ended
  }
}

const getResult = async (url: string, id: string): Promise<RunResult> => {
  const response = await fetch(`${url}/api/runs/${id}`)
  return (await response.json()) as RunResult
}

const create = async (url: string, target: string, duration: string): Promise<string> => {
  const response = await fetch(`${url}/api/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      scenario: {
        name: 'beside',
        start: { deadline: '100s' },
        http: target,
        load: { rate: '50/s', duration },
      },
    }),
  })
  const { id } = (await response.json()) as { id: string }
  assert.equal(response.status, 201)
  return id
}

const takePort = async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { port, [Symbol.asyncDispose]: async () => void server.close() }
}

/** A run that is over when the test says so, however slow the machine is. */
const long = (target: string): string[] => [target, '--rate', '50/s', '--duration', '10m']

const stop = async (url: string, id: string): Promise<void> => {
  const response = await fetch(`${url}/api/runs/${id}/stop`, { method: 'POST' })
  await response.text()
  assert.equal(response.status, 202)
}

describe('groundswell run --dashboard', () => {
  it('serves the page, and the run with the figures that the command prints', async () => {
    await using target = await startRealTarget()
    await using watched = new Watched([target.url, '--rate', '100/s', '--duration', '2s', '--json', '--stay'])
    const { url, id } = await watched.served()
    const page = await fetch(`${url}/`)
    assert.equal(page.status, 200)
    assert.match(await page.text(), /<html/)
    await watched.said(/dashboard stays at/)
    // Its two streams come on two pipes.
    await waitFor('the result', () => watched.program.stdout().endsWith('\n}\n'), patienceMs)
    const printed = JSON.parse(watched.program.stdout()) as RunResult
    const shown = await getResult(url, id)
    assert.deepEqual([shown.state, shown.outcome, shown.id], ['finished', 'passed', printed.id])
    assert.deepEqual(shown.totals, printed.totals)
    assert.deepEqual(shown.responseTimeMs, printed.responseTimeMs)
    assert.deepEqual([printed.totals.sent, target.received], [200, 200])
    watched.program.child.kill('SIGTERM')
    assert.equal((await watched.program.ended).exitCode, 0)
  })

  it('lets whoever watches have the end of it before the process ends', async () => {
    await using target = await startRealTarget()
    await using watched = new Watched([...long(target.url), '--json'])
    const { url, id } = await watched.served()
    const stream = new HeardStream(`${url}/api/runs/${id}/events`)
    await waitFor('an update', () => stream.updates.length > 0, patienceMs)
    await stop(url, id)
    await stream.ended
    assert.deepEqual([stream.events.at(-1)?.event, stream.events.at(-1)?.data.outcome], ['end', 'stopped'])
    const end = await watched.program.ended
    assert.equal(end.exitCode, 130, end.stderr)
    assert.equal(resultOf(end).totals.sent, target.received)
  })

  it('does not wait for a viewer who never lets go', async () => {
    await using target = await startRealTarget()
    await using watched = new Watched([...long(target.url), '--json'])
    const { url, id } = await watched.served()
    const stream = new HeardStream(`${url}/api/events`)
    await waitFor('an update', () => stream.updates.length > 0, patienceMs)
    await stop(url, id)
    assert.equal((await watched.program.ended).exitCode, 130)
    await stream.ended.catch(() => {})
    assert.ok(
      stream.updates.some(({ data }) => JSON.stringify(data).includes('"finished"')),
      'it was told the end first',
    )
  })

  it('has with --stay a page for a run that is over at once', async () => {
    await using target = await startRealTarget()
    await using watched = new Watched([target.url, '--avalanche', '1', '--requests', '1', '--stay'])
    const { url, id } = await watched.served()
    await watched.said(/dashboard stays at/)
    assert.equal((await getResult(url, id)).outcome, 'passed')
    watched.program.child.kill('SIGINT')
    assert.equal((await watched.program.ended).exitCode, 0)
  })

  it('stays with --stay, says so, and ends with the outcome of the run', async () => {
    await using target = await startRealTarget()
    const store = join(directory, 'stay.sqlite')
    await using watched = new Watched(
      [target.url, '--rate', '50/s', '--duration', '1s', '--slo', 'p99 < 1us', '--stay', '--store', store],
      { GROUNDSWELL_STORE: '' },
    )
    const { url, id } = await watched.served()
    await watched.said(/dashboard stays at http:\S+\/; Ctrl-C ends it/)
    assert.match(watched.program.stderr(), new RegExp(`Kept as ${id}`))
    await waitFor('the summary', () => watched.program.stdout().includes('FAILED'), patienceMs)
    assert.equal((await getResult(url, id)).outcome, 'failed')
    const second = await create(url, target.url, '1s')
    await waitFor(
      'the second run',
      async () => (await getResult(url, second)).outcome === 'passed',
      patienceMs,
    )
    const runs = (await (await fetch(`${url}/api/runs`)).json()) as { runs: { id: string }[] }
    assert.deepEqual(
      runs.runs.map((run) => run.id),
      [second, id],
    )
    watched.program.child.kill('SIGINT')
    assert.equal((await watched.program.ended).exitCode, 99)
    const kept = await runProgramToEnd(['results', 'list', '--json', '--store', store], {
      limitMs: patienceMs,
    })
    assert.ok(kept.stdout.includes(second) && kept.stdout.includes(id), 'both are in the store')
  })

  it('waits for a run that was started from the page, and stops it at Ctrl-C', async () => {
    await using target = await startRealTarget()
    await using watched = new Watched(long(target.url))
    const { url, id } = await watched.served()
    const other = await create(url, target.url, '10m')
    await stop(url, id)
    await watched.said(/Waits for a run started from the dashboard at http:\S+\/; Ctrl-C stops it/)
    await waitFor('its load', async () => (await getResult(url, other)).totals.sent > 20, patienceMs)
    const stream = new HeardStream(`${url}/api/runs/${other}/events`)
    await waitFor('an update', () => stream.updates.length > 0, patienceMs)
    watched.program.child.kill('SIGTERM')
    await stream.ended
    assert.deepEqual(
      stream.events.filter(({ event }) => event === 'end').map(({ data }) => data.outcome),
      ['stopped'],
    )
    assert.equal((await watched.program.ended).exitCode, 130, 'the outcome of its own run: stopped')
  })

  it('Ctrl-C stops all that goes on, once', async () => {
    await using target = await startRealTarget()
    await using watched = new Watched([target.url, '--rate', '50/s', '--duration', '10m', '--stay', '--json'])
    const { url } = await watched.served()
    const other = await create(url, target.url, '10m')
    await waitFor('the load of both', async () => (await getResult(url, other)).totals.sent > 20, patienceMs)
    watched.program.child.kill('SIGINT')
    const end = await watched.program.ended
    assert.equal(end.exitCode, 130, end.stderr)
    assert.equal(resultOf(end).outcome, 'stopped')
    assert.doesNotMatch(end.stderr, /stays at/)
  })

  it('takes another port where nobody asked for the one that is taken, and says so where somebody did', async () => {
    await using target = await startRealTarget()
    await using taken = await takePort()
    const load = [target.url, '--rate', '50/s', '--duration', '1s', '--json']
    const end = await runProgramToEnd(['run', ...load, '--dashboard', `127.0.0.1:${taken.port}`], {
      limitMs: patienceMs,
    })
    assert.equal(end.exitCode, 1)
    assert.equal(JSON.parse(end.stdout).error.code, 'PORT_IN_USE')
    assert.equal(target.received, 0, 'nothing was begun')
    // Whoever is the first of the two has port 8001, if nobody has it.
    await using first = new Watched([...load, '--dashboard', '--stay'])
    await first.served()
    await using second = new Watched([...load, '--dashboard', '--stay'])
    const [one, other] = [await first.served(), await second.served()]
    assert.notEqual(one.url, other.url)
    for (const { url, id } of [one, other]) assert.equal((await getResult(url, id)).id, id)
  })

  it('says nothing of it with --quiet, and serves all the same', async () => {
    await using target = await startRealTarget()
    await using free = await takePort()
    const { port } = free
    await free[Symbol.asyncDispose]()
    await using watched = new Watched([
      target.url,
      '--rate',
      '50/s',
      '--duration',
      '10m',
      '--quiet',
      '--dashboard',
      `127.0.0.1:${port}`,
    ])
    await waitFor(
      'the page',
      () =>
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      patienceMs,
    )
    watched.program.child.kill('SIGTERM')
    const end = await watched.program.ended
    assert.deepEqual([end.exitCode, end.stdout, end.stderr], [143, '', ''])
  })

  it('wants the token that it was given', async () => {
    await using target = await startRealTarget()
    const file = join(directory, 'token')
    await writeFile(file, 'a-token-of-some-length\n')
    await using watched = new Watched([
      target.url,
      '--rate',
      '50/s',
      '--duration',
      '10m',
      '--token-file',
      file,
    ])
    const { url, id } = await watched.served()
    const path = `${url}/api/runs/${id}`
    assert.equal((await fetch(path)).status, 401)
    const authorization = `Bearer ${(await readFile(file, 'utf8')).trim()}`
    assert.equal((await fetch(path, { headers: { authorization } })).status, 200)
    assert.ok(!watched.program.stderr().includes('a-token'))
  })

  it('goes on where the store cannot be written', async () => {
    await using target = await startRealTarget()
    const file = join(directory, 'no-folder')
    await writeFile(file, '')
    await using watched = new Watched([
      ...[...long(target.url), '--json'],
      ...['--store', join(file, 'results.sqlite')],
    ])
    const { url, id } = await watched.served()
    const list = (await (await fetch(`${url}/api/runs`)).json()) as {
      runs: { id: string }[]
      storeError: string | null
    }
    assert.deepEqual(
      list.runs.map((run) => run.id),
      [id],
    )
    assert.notEqual(list.storeError, null)
    await stop(url, id)
    const end = await watched.program.ended
    assert.equal(end.exitCode, 130, end.stderr)
    assert.equal(resultOf(end).totals.sent, target.received)
  })

  it('works with drivers over Kafka', { skip: skipWithout('kafka') }, async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster(requireKafka().brokers)
    await cluster.startDriver()
    await using watched = new Watched([...long(target.url), '--json', ...cluster.kafka])
    const { url, id } = await watched.served()
    assert.equal((await getResult(url, id)).id, id)
    await stop(url, id)
    const end = await watched.program.ended
    assert.equal(end.exitCode, 130, end.stderr)
    assert.equal(resultOf(end).totals.sent, target.received)
  })
})

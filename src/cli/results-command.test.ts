import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import type { JournalEvent } from '../orchestrator/run-journal.ts'
import { foldRun, newRunState } from '../orchestrator/run-state.ts'
import { buildResult } from '../results/build-result.ts'
import type { RunResult } from '../results/run-result.ts'
import { openStore } from '../results/store/open-store.ts'
import { checkHtml } from '../testing/check-html.ts'
import { FakeProgram } from '../testing/fake-program.ts'
import { resultOf, runProgramToEnd } from '../testing/run-program.ts'
import { foreignReport, foreignRun, foreignStartMs, foreignTold } from '../testing/sample-foreign.ts'
import { sampleResult } from '../testing/sample-result.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import { sampleSecond } from '../testing/sample-seconds.ts'

describe('results', () => {
  let directory: string
  let location: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundswell-results-'))
    location = join(directory, 'results.sqlite')
    const clock = { ...systemClock, wallMs: () => Date.now() - 60_000 }
    const old = await openStore(location, { clock, logger: silentLogger })
    const add = async (
      id: string,
      createdAtMs: number,
      result: Partial<RunResult>,
      store = old,
    ): Promise<void> => {
      const labels = { build: id.slice(-1) }
      await store.createRun({
        id,
        createdAtMs,
        record: sampleScenario({ name: 'shop', labels }),
        isResumable: false,
      })
      await store.putSeconds(id, [sampleSecond(0, 1000, 2000, 3000)])
      await store.putResult(id, sampleResult({ id, ...result }))
    }
    await add('r-aa1', 1000, {})
    await add('r-aa2', 2000, { outcome: 'failed' })
    await add('r-ab3', 3000, { state: 'running', outcome: null, finishedAt: null })
    const now = await openStore(location, { clock: systemClock, logger: silentLogger })
    // Written in the future, so that it goes on however slow this machine is.
    const later = { ...systemClock, wallMs: () => Date.now() + 600_000 }
    const live = await openStore(location, { clock: later, logger: silentLogger })
    await add('r-ac4', 4000, { state: 'running', outcome: null, finishedAt: null }, live)
    for (const store of [old, now, live]) await store.close()
  })

  after(() => rm(directory, { recursive: true, force: true }))

  const ended = async (...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> => {
    const program = new FakeProgram(['results', ...args, '--store', location], { cwd: directory })
    const exitCode = await program.run()
    return { exitCode, stdout: program.stdout.text, stderr: program.stderr.text }
  }

  it('list says unknown where a driver written by others does not say', async () => {
    const store = await openStore(join(directory, 'foreign.sqlite'), {
      clock: systemClock,
      logger: silentLogger,
    })
    const said = foreignReport('f-1', 'f-1/1', { completed: 60, final: true })
    const state = foldRun(foreignRun(['f-1']), foreignTold(foreignStartMs + 3000, said))
    const { id, createdAtMs, scenario: record } = state
    await store.createRun({ id, createdAtMs, record, isResumable: false })
    await store.putResult(id, buildResult(state, record, foreignStartMs + 4000))
    await store.close()
    const program = new FakeProgram(['results', 'list', '--store', 'foreign.sqlite'], { cwd: directory })
    assert.equal(await program.run(), 0)
    assert.match(program.stdout.text, / unknown +60 +unknown /)
  })

  it('list shows the newest first, with what became of each', async () => {
    const { exitCode, stdout } = await ended('list')
    assert.equal(exitCode, 0)
    const lines = stdout.trimEnd().split('\n')
    assert.match(lines[0] ?? '', /run +created \(UTC\) +name +outcome +sent +answered +errors +p99 +load/)
    const shown = lines.slice(1).map((line) => line.trim().split(/ {2,}/))
    assert.deepEqual(
      shown.map((cells) => [cells[0], cells[3]]),
      [
        ['r-ac4', 'running'],
        ['r-ab3', 'abandoned'],
        ['r-aa2', 'failed'],
        ['r-aa1', 'passed'],
      ],
    )
    assert.deepEqual(shown[3]?.slice(1, 7), [
      '1970-01-01 00:00:01',
      'shop',
      'passed',
      '60,018',
      '60,000',
      '18',
    ])
  })

  it('list takes a limit, a name and labels, and speaks JSON', async () => {
    const ids = async (...args: string[]): Promise<string[]> =>
      (JSON.parse((await ended('list', '--json', ...args)).stdout) as { id: string }[]).map(({ id }) => id)
    assert.deepEqual(await ids('--limit', '2'), ['r-ac4', 'r-ab3'])
    assert.deepEqual(await ids('--label', 'build=2', '--name', 'shop'), ['r-aa2'])
    assert.deepEqual(await ids('--name', 'other'), [])
    assert.match((await ended('list', '--name', 'other')).stderr, /No run matches/)
  })

  it('show tells a run as its end did, with the picture of its latencies', async () => {
    const { exitCode, stdout } = await ended('show', 'r-aa1')
    assert.equal(exitCode, 0)
    assert.match(stdout, /PASSED +shop/)
    assert.match(stdout, /1 ms|3 ms/)
    const json = JSON.parse((await ended('show', 'r-aa2', '--json')).stdout) as RunResult
    assert.deepEqual(json, sampleResult({ id: 'r-aa2', outcome: 'failed' }))
    assert.match((await ended('show', 'r-ab')).stderr, /Abandoned/)
    assert.match((await ended('show', 'latest')).stdout, /r-ac4/)
  })

  it('tells an abandoned run from all its seconds, and that nobody goes on with it', async () => {
    const file = join(directory, 'killed.sqlite')
    const clock = { ...systemClock, wallMs: () => Date.parse('2026-03-01T10:00:05.000Z') }
    const store = await openStore(file, { clock, logger: silentLogger })
    const createdAtMs = clock.wallMs() - 5000
    const record = sampleScenario({ load: rateOf(100, 10_000), drivers: 1 })
    const configured: JournalEvent = {
      type: 'configured',
      atMs: createdAtMs,
      drivers: [{ id: 'd-1', pid: 1, isAbsent: false, isForeign: false, clock: null }],
    }
    const triggered: JournalEvent = {
      type: 'triggered',
      atMs: createdAtMs,
      startAtMs: createdAtMs,
      ready: ['d-1'],
    }
    // As it is in the first seconds of a run: the result that was written is of one that waits.
    const waiting = buildResult(newRunState('', record, createdAtMs), record, createdAtMs)
    for (const [id, events] of [
      ['r-begun', [configured, triggered]],
      ['r-waiting', [configured]],
    ] as const) {
      await store.createRun({ id, createdAtMs, record, isResumable: false })
      for (const [seq, event] of events.entries()) await store.appendEvent(id, seq, event)
      await store.putResult(id, { ...waiting, id })
    }
    await store.putSeconds('r-begun', [sampleSecond(0, 1000), sampleSecond(1, 1000, 2000)])
    await store.close()
    const told = async (...args: string[]): Promise<string> => {
      const program = new FakeProgram(['results', ...args, '--store', file], { cwd: directory })
      assert.equal(await program.run(), 0, program.stderr.text)
      return program.stdout.text
    }
    const result = JSON.parse(await told('show', 'r-begun', '--json')) as RunResult
    assert.deepEqual(
      [result.state, result.outcome, result.totals.answered, result.elapsedMs],
      ['finished', 'degraded', 3, 2000],
    )
    assert.match(await told('show', 'r-begun', '--markdown'), /Degraded: .* is missing from 2 s to 10 s/)
    assert.match(await told('show', 'r-begun', '--markdown'), /nothing was written .*2026-03-01 10:00:05 UTC/)
    await told('export', 'r-begun', '--out', 'killed')
    const page = await readFile(join(directory, 'killed', 'report.html'), 'utf8')
    const { text } = checkHtml(page)
    assert.match(text, /Degraded: no verdict is safe/)
    assert.doesNotMatch(text, /no request was sent|it has not begun|so far/)
    assert.match(await told('show', 'r-waiting', '--markdown'), /Could not run: .*ended before run r-waiting/)
    const list = JSON.parse(await told('list', '--json')) as { abandoned: boolean; state: string }[]
    assert.deepEqual(
      list.map(({ abandoned, state }) => [abandoned, state]),
      [
        [true, 'queued'],
        [true, 'queued'],
      ],
      'looking changes nothing',
    )
  })

  it('export writes the files of a run, or all as JSON', async () => {
    const out = join(directory, 'out')
    assert.equal((await ended('export', 'r-aa1', '--out', out)).exitCode, 0)
    assert.deepEqual((await readdir(out)).sort(), [
      'junit.xml',
      'report.html',
      'result.json',
      'summary.md',
      'timeline.csv',
    ])
    assert.equal((await readFile(join(out, 'timeline.csv'), 'utf8')).trimEnd().split('\n').length, 3)
    const { faults, text } = checkHtml(await readFile(join(out, 'report.html'), 'utf8'))
    assert.deepEqual(faults, [])
    assert.match(text, /Spectrum of the whole run/)
    const summary = await readFile(join(out, 'summary.md'), 'utf8')
    assert.match(summary, /^## shop\n\n\*\*✓ Passed: p99/)
    assert.equal((await ended('show', 'r-aa1', '--markdown')).stdout, summary)
    const { stdout } = await ended('export', 'r-aa1', '--json')
    const told = JSON.parse(stdout) as {
      result: RunResult
      timeline: { request: string; answered: number }[]
    }
    assert.equal(told.result.id, 'r-aa1')
    assert.deepEqual(
      told.timeline.map(({ request, answered }) => [request, answered]),
      [
        ['*', 3],
        ['GET /', 3],
      ],
    )
  })

  const wrong: [args: string[], exitCode: number, why: RegExp][] = [
    [['show', 'r-zz'], 2, /there is no run r-zz/],
    [['show', 'r-a'], 2, /4 runs begin with r-a/],
    [['show', ''], 2, /there is no run/],
    [['export', 'r-aa1'], 2, /either --out DIR or --json/],
    [['show', 'r-aa1', '--json', '--markdown'], 2, /exclude each other/],
    [['list', '--limit', '0'], 2, /--limit/],
    [['list', '--limit', '1001'], 2, /at most 1000/],
    [['list', '--label', 'x'], 2, /KEY=VALUE/],
    [['delete', 'r-aa1'], 2, /asks on a terminal/],
    [['delete', 'r-ac4', '--yes'], 1, /r-ac4 goes on/],
    [['delete', 'r-aa1', 'r-ac4', '--yes'], 1, /r-ac4 goes on/],
  ]
  for (const [args, code, why] of wrong)
    it(`refuses: results ${args.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await ended(...args)
      assert.equal(exitCode, code, stderr)
      assert.match(stderr, why)
      assert.equal(stdout, '')
    })

  it('delete asks on a terminal, and deletes only when it is told yes', async () => {
    const answer = async (text: string): Promise<FakeProgram> => {
      const program = new FakeProgram(['results', 'delete', 'r-aa2', '--store', location], { cwd: directory })
      program.stdin.isTTY = true
      program.stderr.isTTY = true
      program.stdin.write(`${text}\n`)
      await program.run()
      return program
    }
    assert.match((await answer('n')).stderr.text, /Nothing was deleted/)
    assert.match((await ended('list')).stdout, /r-aa2/)
    assert.match((await answer('y')).stderr.text, /Deleted r-aa2/)
    assert.doesNotMatch((await ended('list')).stdout, /r-aa2/)
    assert.equal((await ended('delete', 'r-ab3', '--yes')).exitCode, 0)
  })

  it('an empty store says how to make a run, and is not made by looking', async () => {
    const none = join(directory, 'none.sqlite')
    const program = new FakeProgram(['results', 'list', '--store', none], { cwd: directory })
    assert.equal(await program.run(), 0)
    assert.match(program.stderr.text, /groundswell run/)
    assert.ok(!(await readdir(directory)).includes('none.sqlite'))
  })
})

describe('the record of groundswell run', () => {
  it('is what the run told, and can be shown afterwards', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'groundswell-kept-'))
    const store = join(directory, 'results.sqlite')
    const args = ['run', 'builtin', '--avalanche', '2', '--requests', '20', '--store', store]
    const told = resultOf(await runProgramToEnd([...args, '--json']))
    const shown = resultOf(await runProgramToEnd(['results', 'show', 'latest', '--json', '--store', store]))
    assert.deepEqual(shown, told)
    const { stderr } = await runProgramToEnd(args)
    assert.match(stderr, /Kept as (r-\w+): groundswell results show \1/)
    await rm(directory, { recursive: true, force: true })
  })

  it('is missing where the store cannot be written, and the run goes on', async () => {
    const args = [
      'run',
      'builtin',
      '--avalanche',
      '2',
      '--requests',
      '20',
      '--store',
      '/proc/nowhere/x.sqlite',
    ]
    const { exitCode, stdout, stderr } = await runProgramToEnd(args)
    assert.equal(exitCode, 0, stderr)
    assert.match(stdout, /PASSED/)
    assert.match(stderr, /the results store cannot be written/)
    assert.match(stderr, /Not kept/)
  })
})

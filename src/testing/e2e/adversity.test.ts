import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startRealTarget } from '../real-target.ts'
import { mainFile, resultOf, runProgramToEnd, startProgram } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/** Drivers that this process forked, by their parent. */
const driversOf = async (parent: number): Promise<number[]> => {
  const found: number[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const [status, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    ])
    if (status.includes(`PPid:\t${parent}\n`) && commandLine.split('\0').includes('driver'))
      found.push(Number(pid))
  }
  return found
}

describe('when things go wrong', () => {
  it('a driver killed with -9 mid-run: the other goes on, the run is degraded, exit 97', async () => {
    await using target = await startRealTarget()
    const run = startProgram([
      'run',
      target.url,
      '--rate',
      '200/s',
      '--duration',
      '6s',
      '--drivers',
      '2',
      '--json',
    ])
    await waitFor('some load', () => target.received > 300)
    const drivers = await driversOf(run.child.pid ?? 0)
    assert.equal(drivers.length, 2)
    const victim = drivers[1] ?? 0
    process.kill(victim, 'SIGKILL')
    const end = await run.ended
    assert.equal(end.exitCode, 97, end.stderr)
    const result = resultOf(end)
    assert.equal(result.outcome, 'degraded')
    const lost = result.drivers.find((driver) => driver.state === 'lost')
    assert.equal(lost?.pid, victim)
    assert.equal(result.gaps.length, 1)
    const gap = result.gaps[0]
    assert.equal(gap?.driver, lost?.id)
    assert.equal(gap?.share, 0.5)
    assert.ok((gap?.from ?? 0) >= 1 && (gap?.from ?? 9) <= 3, `from ${gap?.from} s`)
    assert.ok((gap?.to ?? 0) >= 5.9 && (gap?.to ?? 99) <= 8, `to ${gap?.to} s`)
    const other = result.drivers.find((driver) => driver.state === 'finished')
    assert.equal(other?.totals.sent, 600, 'the other made its whole share')
    assert.match(result.why[0] ?? '', /was lost .*50 % of the load is missing/)
  })

  it('Ctrl-C once ends the run in good order with a report, exit 130', async () => {
    await using target = await startRealTarget()
    const run = startProgram(['run', target.url, '--rate', '200/s', '--duration', '60s', '--json'])
    await waitFor('some load', () => target.received > 100)
    run.child.kill('SIGINT')
    const end = await run.ended
    assert.equal(end.exitCode, 130, end.stderr)
    const result = resultOf(end)
    assert.equal(result.outcome, 'stopped')
    assert.equal(result.totals.sent, target.received)
    assert.equal(result.totals.answered, target.received)
  })

  it('Ctrl-C twice ends at once, and the drivers with it', async () => {
    await using target = await startRealTarget((_request, _response) => {})
    const run = startProgram([
      'run',
      target.url,
      '--rate',
      '50/s',
      '--duration',
      '60s',
      '--set',
      'http.preflight=false',
    ])
    await waitFor('some load', () => target.received > 20)
    const drivers = await driversOf(run.child.pid ?? 0)
    run.child.kill('SIGINT')
    await waitFor('the word about it', () => run.stderr().includes('Once more'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    run.child.kill('SIGINT')
    const end = await run.ended
    assert.equal(end.exitCode, 130)
    await waitFor('the drivers to be gone', () =>
      drivers.every((pid) => {
        try {
          process.kill(pid, 0)
          return false
        } catch {
          return true
        }
      }),
    )
  })

  it('SIGTERM ends it in good order too, exit 143', async () => {
    await using target = await startRealTarget()
    const run = startProgram(['run', target.url, '--rate', '200/s', '--duration', '60s'])
    await waitFor('some load', () => target.received > 50)
    run.child.kill('SIGTERM')
    const end = await run.ended
    assert.equal(end.exitCode, 143, end.stderr)
    assert.match(end.stdout, /STOPPED/)
  })

  it('the program killed with -9: its drivers go away by themselves', async () => {
    await using target = await startRealTarget()
    const run = startProgram(['run', target.url, '--rate', '100/s', '--duration', '60s', '--drivers', '2'])
    await waitFor('some load', () => target.received > 50)
    const drivers = await driversOf(run.child.pid ?? 0)
    assert.equal(drivers.length, 2)
    run.child.kill('SIGKILL')
    await run.ended
    await waitFor('the drivers to be gone', async () => {
      const left = await Promise.all(
        drivers.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
      )
      return left.every((stat) => stat === '' || / Z /.test(stat))
    })
  })

  it('a target at which nobody listens: one clear error before anything starts, exit 1', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => {
      closed.listen(0, '127.0.0.1', resolve)
    })
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const end = await runProgramToEnd([
      'run',
      `http://127.0.0.1:${port}/`,
      '--rate',
      '10/s',
      '--duration',
      '1s',
    ])
    assert.equal(end.exitCode, 1)
    assert.match(end.stderr, new RegExp(`127\\.0\\.0\\.1:${port}`))
    assert.match(end.stderr, /ECONNREFUSED|refused/)
    assert.equal(end.stdout, '')
  })

  it('the same without the look beforehand: every request is an error of its kind, none has a response time', async () => {
    const args = [
      'run',
      'http://127.0.0.1:1/',
      '--rate',
      '50/s',
      '--duration',
      '1s',
      '--set',
      'http.preflight=false',
    ]
    const end = await runProgramToEnd([...args, '--json'])
    assert.equal(end.exitCode, 99)
    const result = resultOf(end)
    assert.deepEqual(result.totals.errors, { connect: 50 })
    assert.equal(result.totals.sent, 0)
    assert.equal(result.responseTimeMs.count, 0)
    assert.equal(result.responseTimeMs.p99, null)
    assert.match(result.why.join(' '), /Nothing was answered/)
  })

  it('a name that does not resolve: one clear error, exit 1', async () => {
    const end = await runProgramToEnd([
      'run',
      'http://no-such-host.invalid/',
      '--rate',
      '10/s',
      '--duration',
      '1s',
    ])
    assert.equal(end.exitCode, 1)
    assert.match(end.stderr, /no-such-host\.invalid/)
  })

  it('a redirect to a host that the scenario does not name is not followed, and is counted', async () => {
    await using elsewhere = await startRealTarget()
    await using target = await startRealTarget((_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.2:${elsewhere.port}/stolen` })
      response.end()
    })
    const args = [
      'run',
      target.url,
      '--rate',
      '50/s',
      '--requests',
      '10',
      '--set',
      'http.redirects=3',
      '--json',
    ]
    const result = resultOf(await runProgramToEnd(args))
    assert.equal(elsewhere.received, 0)
    assert.equal(target.received, 10)
    assert.equal(result.totals.unsentReasons.notAllowed, 10)
    assert.equal(result.totals.sent, 10)
  })

  it('the files are written, or refused before the run where they cannot be', async () => {
    await using target = await startRealTarget()
    const directory = await mkdtemp(join(tmpdir(), 'groundswell-'))
    try {
      const args = ['run', target.url, '--rate', '50/s', '--duration', '1s', '--slo', 'errors < 1%']
      const end = await runProgramToEnd([...args, '--out', join(directory, 'deep', 'er')])
      assert.equal(end.exitCode, 0, end.stderr)
      const files = await readdir(join(directory, 'deep', 'er'))
      assert.deepEqual(files.sort(), [
        'junit.xml',
        'report.html',
        'result.json',
        'summary.md',
        'timeline.csv',
      ])
      const written = JSON.parse(await readFile(join(directory, 'deep', 'er', 'result.json'), 'utf8'))
      assert.equal(written.totals.sent, target.received)
      await writeFile(join(directory, 'file'), '')
      const before = target.received
      const refused = await runProgramToEnd([...args, '--out', join(directory, 'file', 'below')])
      assert.equal(refused.exitCode, 1)
      assert.match(refused.stderr, /file/)
      assert.equal(target.received, before, 'nothing was run')
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('an output directory that goes away during the run: the summary appears all the same, exit 1', async () => {
    await using target = await startRealTarget()
    const directory = await mkdtemp(join(tmpdir(), 'groundswell-'))
    const out = join(directory, 'out')
    try {
      const run = startProgram(['run', target.url, '--rate', '50/s', '--duration', '2s', '--out', out])
      await waitFor('some load', () => target.received > 10)
      await rm(out, { recursive: true })
      await writeFile(out, 'in the way')
      const end = await run.ended
      assert.equal(end.exitCode, 1)
      assert.match(end.stdout, /PASSED/)
      assert.match(end.stderr, /cannot write/)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('standard output on a full disk: one clear error, and the files are written all the same', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'groundswell-'))
    try {
      const end = spawnSync(
        'sh',
        [
          '-c',
          `'${process.execPath}' '${mainFile}' run builtin --rate 50/s --duration 1s --json --out '${directory}' > /dev/full`,
        ],
        { encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } as NodeJS.ProcessEnv },
      )
      assert.equal(end.status, 1, end.stderr)
      assert.match(end.stderr, /cannot write to standard output: .*ENOSPC/)
      assert.doesNotMatch(end.stderr, /internal error|\n\s+at /)
      assert.deepEqual((await readdir(directory)).sort(), [
        'junit.xml',
        'report.html',
        'result.json',
        'summary.md',
        'timeline.csv',
      ])
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('the program stopped for four seconds: what its drivers did meanwhile is all counted', async () => {
    await using target = await startRealTarget()
    const run = startProgram([
      'run',
      target.url,
      '--rate',
      '200/s',
      '--duration',
      '6s',
      '--drivers',
      '2',
      '--json',
    ])
    await waitFor('some load', () => target.received > 200)
    run.child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 4000))
    run.child.kill('SIGCONT')
    const end = await run.ended
    assert.equal(end.exitCode, 0, end.stderr)
    assert.equal(resultOf(end).totals.sent, 1200)
    assert.equal(target.received, 1200)
  })

  it('--json with an error prints it as JSON, and nothing else, on standard output', async () => {
    const end = await runProgramToEnd([
      'run',
      'http://127.0.0.1:1/',
      '--rate',
      '10/s',
      '--duration',
      '1s',
      '--json',
    ])
    assert.equal(end.exitCode, 1)
    const { error } = JSON.parse(end.stdout)
    assert.equal(error.code, 'TARGET_UNREACHABLE')
    assert.ok(error.message.length > 0 && error.hint.length > 0)
  })

  it('wrong usage exits with 2 and says what is wrong', async () => {
    for (const [args, pattern] of [
      [['run'], /missing required argument/],
      [['run', 'no-such-file.yaml'], /no-such-file\.yaml/],
      [['run', 'http://127.0.0.1:1/', '--rate', '500'], /rate/],
      [['run', 'scenarios/first.yaml', '--rate', '500/s'], /--rate goes with a URL/],
      [['frobnicate'], /unknown command/],
      [['target', '--port', '99999'], /port/],
    ] as const) {
      const end = await runProgramToEnd([...args])
      assert.equal(end.exitCode, 2, `${args.join(' ')}: ${end.stderr}`)
      assert.match(end.stderr, pattern)
    }
  })
})

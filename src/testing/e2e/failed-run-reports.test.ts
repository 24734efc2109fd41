import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { checkHtml } from '../check-html.ts'
import { runProgramToEnd } from '../run-program.ts'

it('a run that cannot begin leaves its files, with the reason in each', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'groundswell-failed-'))
  try {
    // Port 1 is one on which nobody listens.
    const end = await runProgramToEnd([
      'run',
      'http://127.0.0.1:1',
      '--rate',
      '10/s',
      '--duration',
      '1s',
      '--out',
      directory,
    ])
    assert.equal(end.exitCode, 1, end.stderr)
    assert.deepEqual((await readdir(directory)).sort(), [
      'junit.xml',
      'report.html',
      'result.json',
      'summary.md',
      'timeline.csv',
    ])
    const told = end.stderr.split('\n').filter((line) => line.startsWith('groundswell: '))
    assert.equal(told.length, 1, `told once, and by no log: ${end.stderr}`)
    assert.match(told[0] ?? '', / \(TARGET_UNREACHABLE\)$/)
    const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8')
    const { error, environment, startedAt } = JSON.parse(await read('result.json')) as RunResult
    assert.equal(startedAt, null)
    assert.ok(error !== null && end.stderr.includes(error.message), end.stderr)
    assert.equal(environment?.node, process.version)
    const { faults, text } = checkHtml(await read('report.html'))
    assert.deepEqual(faults, [])
    assert.match(text, /Could not run: /)
    assert.match(await read('summary.md'), /\*\*✗ Could not run: /)
    assert.match(await read('junit.xml'), /failures="1"/)
    assert.equal((await read('timeline.csv')).trim().split('\n').length, 1, 'a head alone')
  } finally {
    await rm(directory, { recursive: true })
  }
})

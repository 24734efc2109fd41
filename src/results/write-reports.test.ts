import assert from 'node:assert/strict'
import * as fileSystem from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { sampleResult, sampleTimeline } from '../testing/sample-result.ts'
import { noTimeline } from './report-timeline.ts'
import type { RunResult } from './run-result.ts'
import { checkWritable, type ReportFileSystem, type ReportSource, writeReports } from './write-reports.ts'

const emptyDirectory = async (t: TestContext): Promise<string> => {
  const directory = await fileSystem.mkdtemp(join(tmpdir(), 'groundswell-reports-'))
  t.after(() => fileSystem.rm(directory, { recursive: true, force: true }))
  return directory
}

const sourceOf = (result: RunResult, timeline: ReportSource['timeline']): ReportSource => ({
  result,
  timeline,
  charts: async () => noTimeline,
  version: 'test',
})

const allFiles = ['junit.xml', 'report.html', 'result.json', 'summary.md', 'timeline.csv']

const failure = (code: string): Error => Object.assign(new Error(`${code}: told by the system`), { code })

const notWritable =
  (...texts: string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'OUTPUT_NOT_WRITABLE')
    for (const text of texts) assert.ok(error.message.includes(text), error.message)
    return true
  }

test('five whole files are written into a directory that is made for them', async (t) => {
  const directory = join(await emptyDirectory(t), 'a', 'b')
  const paths = await writeReports(directory, sourceOf(sampleResult(), sampleTimeline(5)))
  assert.deepEqual(
    paths,
    ['result.json', 'junit.xml', 'summary.md', 'report.html', 'timeline.csv'].map((name) =>
      join(directory, name),
    ),
  )
  assert.deepEqual((await fileSystem.readdir(directory)).sort(), allFiles)
  assert.deepEqual(
    JSON.parse(await fileSystem.readFile(join(directory, 'result.json'), 'utf8')),
    sampleResult(),
  )
  const csv = await fileSystem.readFile(join(directory, 'timeline.csv'), 'utf8')
  assert.equal(csv.trimEnd().split('\r\n').length, 16)
})

test('reports of an earlier run are replaced', async (t) => {
  const directory = await emptyDirectory(t)
  await writeReports(directory, sourceOf(sampleResult({ name: 'first' }), []))
  await writeReports(directory, sourceOf(sampleResult({ name: 'second' }), []))
  assert.match(await fileSystem.readFile(join(directory, 'result.json'), 'utf8'), /"name": "second"/)
  assert.equal((await fileSystem.readdir(directory)).length, 5)
})

test('a disk that fills up in the timeline costs the timeline alone, and leaves no piece of it', async (t) => {
  const directory = await emptyDirectory(t)
  const full: ReportFileSystem = {
    ...fileSystem,
    writeFile: async (path, data, options) => {
      if (!path.includes('timeline')) return fileSystem.writeFile(path, data, options)
      await fileSystem.writeFile(path, 'half a', options)
      throw failure('ENOSPC')
    },
  }
  await assert.rejects(
    writeReports(directory, sourceOf(sampleResult(), sampleTimeline(2)), full),
    notWritable(join(directory, 'timeline.csv'), 'no space left on the disk (ENOSPC)'),
  )
  assert.deepEqual((await fileSystem.readdir(directory)).sort(), allFiles.slice(0, 4))
})

test('a directory that is a file, or lies below one, is named with the cause', async (t) => {
  const file = join(await emptyDirectory(t), 'file')
  await fileSystem.writeFile(file, 'x')
  await assert.rejects(writeReports(file, sourceOf(sampleResult(), [])), notWritable(file, 'in the way'))
  await assert.rejects(
    checkWritable(join(file, 'below')),
    notWritable(join(file, 'below'), 'no directory (ENOTDIR)'),
  )
})

test('a report whose place is taken by a directory leaves nothing beside it', async (t) => {
  const directory = await emptyDirectory(t)
  await fileSystem.mkdir(join(directory, 'result.json'))
  await assert.rejects(writeReports(directory, sourceOf(sampleResult(), [])), notWritable('result.json'))
  assert.deepEqual(await fileSystem.readdir(directory), ['result.json'])
})

test('a timeline that fails on the way is told as the cause', async (t) => {
  const directory = await emptyDirectory(t)
  async function* broken() {
    yield* sampleTimeline(1)
    throw new Error('the store is gone')
  }
  await assert.rejects(
    writeReports(directory, sourceOf(sampleResult(), broken())),
    notWritable('the store is gone'),
  )
})

test('charts that cannot be had are told as the cause, and cost no file before them', async (t) => {
  const directory = await emptyDirectory(t)
  const source = {
    ...sourceOf(sampleResult(), []),
    charts: () => Promise.reject(new Error('the store is gone')),
  }
  await assert.rejects(writeReports(directory, source), notWritable('report.html', 'the store is gone'))
  assert.deepEqual((await fileSystem.readdir(directory)).sort(), ['junit.xml', 'result.json', 'summary.md'])
})

test('whether a directory can be written is known before the run, and nothing is left in it', async (t) => {
  const directory = join(await emptyDirectory(t), 'new')
  await checkWritable(directory)
  assert.deepEqual(await fileSystem.readdir(directory), [])
  const refusing: ReportFileSystem = { ...fileSystem, writeFile: () => Promise.reject(failure('EACCES')) }
  await assert.rejects(checkWritable(directory, refusing), (error: unknown) => {
    assert.ok(error instanceof AppError)
    assert.match(error.message, /permission denied \(EACCES\)/)
    assert.match(error.hint, /nothing has been run/)
    return true
  })
})

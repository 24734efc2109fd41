import { randomUUID } from 'node:crypto'
import * as nodeFileSystem from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, messageOf } from '../lib/errors.ts'
import { renderReportCsv } from './report-csv.ts'
import { renderReportJson } from './report-json.ts'
import { renderReportJunit } from './report-junit.ts'
import type { ReportTimeline } from './report-timeline.ts'
import type { RunResult, TimelineRow } from './run-result.ts'

/** What the files are made of. */
export interface ReportSource {
  result: RunResult
  /** Read once. */
  timeline: Iterable<TimelineRow> | AsyncIterable<TimelineRow>
  /** For the charts; asked for when it is their turn. */
  charts: () => Promise<ReportTimeline>
  /** Of the program that writes the report. */
  version: string
}

/** What is needed of `node:fs/promises`. */
export interface ReportFileSystem {
  mkdir(path: string): Promise<unknown>
  stat(path: string): Promise<{ isDirectory(): boolean }>
  /** Creates the file, fails where it exists, and returns when its bytes are on the disk. */
  writeFile(path: string, data: AsyncIterable<string>, options: { flag: 'wx'; flush: true }): Promise<void>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { force: true }): Promise<void>
}

/**
 * Writes `result.json`, `junit.xml`, `summary.md`, `report.html` and `timeline.csv` into `directory`, which is made where it
 * is missing. Each file is written beside its place and renamed into it: whoever reads it sees the old one or the whole new one. The largest is the
 * last, so that a disk that fills up costs the least.
 *
 * Resolves with the paths, in that order. Throws OUTPUT_NOT_WRITABLE with the file and the cause; what was written before stays.
 */
export const writeReports = async (
  directory: string,
  source: ReportSource,
  fileSystem: ReportFileSystem = nodeFileSystem,
): Promise<string[]> => {
  const { result, timeline } = source
  const files: [name: string, chunks: AsyncIterable<string>][] = [
    ['result.json', oneChunk(renderReportJson(result))],
    ['junit.xml', oneChunk(renderReportJunit(result))],
    ['summary.md', summary(result)],
    ['report.html', page(source)],
    ['timeline.csv', renderReportCsv(timeline)],
  ]
  await makeDirectory(directory, fileSystem)
  const paths: string[] = []
  for (const [name, chunks] of files) {
    const path = join(directory, name)
    await writeWhole(path, chunks, fileSystem)
    paths.push(path)
  }
  return paths
}

/**
 * Makes `directory` and proves that a file can be written there, before a run is spent on it. Throws OUTPUT_NOT_WRITABLE.
 */
export const checkWritable = async (
  directory: string,
  fileSystem: ReportFileSystem = nodeFileSystem,
): Promise<void> => {
  const hint = 'Choose another --out directory, or mend its permissions; nothing has been run.'
  await makeDirectory(directory, fileSystem, hint)
  const probe = temporaryName(join(directory, 'probe'))
  try {
    await fileSystem.writeFile(probe, oneChunk('groundswell\n'), { flag: 'wx', flush: true })
  } catch (error) {
    throw notWritable(directory, error, hint)
  } finally {
    await removeQuietly(probe, fileSystem)
  }
}

async function* oneChunk(text: string): AsyncGenerator<string> {
  yield text
}

// Both are loaded when they are written: no run has to wait for them before it starts.

async function* summary(result: RunResult): AsyncGenerator<string> {
  const { renderReportMarkdown } = await import('./report-markdown.ts')
  yield renderReportMarkdown(result)
}

async function* page({ result, charts, version }: ReportSource): AsyncGenerator<string> {
  const { renderHtmlReport } = await import('./html/html-report.ts')
  yield renderHtmlReport({ result, timeline: await charts(), version })
}

const makeDirectory = async (path: string, fileSystem: ReportFileSystem, hint?: string): Promise<void> => {
  try {
    await makeWithParents(path, fileSystem)
  } catch (error) {
    throw notWritable(path, error, hint)
  }
}

/** Node's own `recursive` never ends where a parent cannot have children, as below /proc: it answers ENOENT for ever. */
const makeWithParents = async (path: string, fileSystem: ReportFileSystem): Promise<void> => {
  try {
    await makeOne(path, fileSystem)
  } catch (error) {
    const parent = dirname(path)
    if (!hasCode(error, 'ENOENT') || parent === path) throw error
    await makeWithParents(parent, fileSystem)
    await makeOne(path, fileSystem)
  }
}

const makeOne = async (path: string, fileSystem: ReportFileSystem): Promise<void> => {
  try {
    await fileSystem.mkdir(path)
  } catch (error) {
    const isThere = hasCode(error, 'EEXIST') && (await fileSystem.stat(path)).isDirectory()
    if (!isThere) throw error
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const writeWhole = async (
  path: string,
  chunks: AsyncIterable<string>,
  fileSystem: ReportFileSystem,
): Promise<void> => {
  const temporary = temporaryName(path)
  try {
    await fileSystem.writeFile(temporary, chunks, { flag: 'wx', flush: true })
    await fileSystem.rename(temporary, path)
  } catch (error) {
    await removeQuietly(temporary, fileSystem)
    throw notWritable(path, error)
  }
}

/** Two runs may write into one directory at a time. */
const temporaryName = (path: string): string => `${path}.${randomUUID().slice(0, 8)}.partial`

/** The error that led here is the one to tell. */
const removeQuietly = (path: string, fileSystem: ReportFileSystem): Promise<void> =>
  fileSystem.rm(path, { force: true }).catch(() => {})

const reasons: Record<string, string> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is no directory',
  EEXIST: 'a file of that name is in the way',
  EISDIR: 'a directory of that name is in the way',
}

const notWritable = (path: string, cause: unknown, hint?: string): AppError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason = reasons[code] === undefined ? messageOf(cause) : `${reasons[code]} (${code})`
  return new AppError('OUTPUT_NOT_WRITABLE', `cannot write ${path}: ${reason}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}

import { resolve } from 'node:path'
import { AppError, exitCodes, messageOf } from '../lib/errors.ts'
import { version } from '../lib/version.ts'
import { Histogram } from '../measuring/histogram.ts'
import { latencyPicture } from '../results/latency-picture.ts'
import { renderReportJson } from '../results/report-json.ts'
import { collectReportTimeline } from '../results/report-timeline.ts'
import type { RunResult } from '../results/run-result.ts'
import { conditionOf, readConcluded } from '../results/store/read-concluded.ts'
import type { ResultsStore, RunSummary } from '../results/store/results-store.ts'
import { renderSummary } from '../results/summary-text.ts'
import { fitText } from '../results/summary-text-display.ts'
import { formatKnownCount, formatTime } from '../results/summary-text-figures.ts'
import { renderLine } from '../results/summary-text-line.ts'
import { type Cell, renderTable, type TableColumn } from '../results/summary-text-table.ts'
import { timelineOf } from '../results/timeline.ts'
import { writeReports } from '../results/write-reports.ts'
import { findRun, openResults } from './open-results.ts'
import type { ProgramContext } from './program-context.ts'
import { parseCount } from './role-flags.ts'
import { terminalOf, wantsColour } from './terminal.ts'

interface StoreFlags {
  store?: string
}

/** `groundswell results list`. Resolves with the exit code, as all of these. */
export const resultsListCommand = async (
  context: ProgramContext,
  flags: StoreFlags & { limit: string; name?: string; label: string[]; json?: boolean; color: boolean },
): Promise<number> => {
  const limit = parseCount('--limit', flags.limit)
  if (limit > 1000) throw new AppError('USAGE', '--limit takes at most 1000')
  const labels = Object.fromEntries(flags.label.map(parseLabel))
  const { store, text } = await openResults(context, flags.store)
  try {
    const runs = await store.listRuns({
      limit,
      labels,
      ...(flags.name === undefined ? {} : { name: flags.name }),
    })
    if (flags.json) {
      const nowMs = context.clock.wallMs()
      const told = runs.map((run) => ({ ...run, abandoned: conditionOf(run, nowMs) === 'abandoned' }))
      await write(context, `${JSON.stringify(told, null, 2)}\n`)
    } else if (runs.length > 0) await write(context, renderList(context, runs, flags.color))
    else if (flags.name === undefined && flags.label.length === 0)
      context.stderr.write(
        `No run was kept yet (${text}). Make one:\n  groundswell run scenarios/first.yaml\n`,
      )
    else context.stderr.write('No run matches.\n')
    return exitCodes.passed
  } finally {
    await store.close()
  }
}

/** `groundswell results show`. */
export const resultsShowCommand = async (
  context: ProgramContext,
  meant: string,
  flags: StoreFlags & { json?: boolean; markdown?: boolean; color: boolean },
): Promise<number> => {
  if (flags.json && flags.markdown) throw new AppError('USAGE', '--json and --markdown exclude each other')
  const { store } = await openResults(context, flags.store)
  try {
    const { run, result } = await readRun(store, meant, context.clock.wallMs())
    if (flags.json) {
      await write(context, renderReportJson(result))
      return exitCodes.passed
    }
    if (flags.markdown) {
      const { renderReportMarkdown } = await import('../results/report-markdown.ts')
      await write(context, renderReportMarkdown(result))
      return exitCodes.passed
    }
    if (conditionOf(run, context.clock.wallMs()) === 'abandoned')
      context.stderr.write(`Abandoned: nothing was heard of it since ${shortTime(run.updatedAt)}.\n`)
    const terminal = terminalOf(context.stdout)
    const summary = renderSummary(
      result,
      { columns: terminal.columns(), colour: flags.color && wantsColour(terminal, context.env) },
      latencyPicture(await responseTimeOf(store, run.id)),
    )
    await write(context, summary)
    return exitCodes.passed
  } finally {
    await store.close()
  }
}

/** `groundswell results export`. */
export const resultsExportCommand = async (
  context: ProgramContext,
  meant: string,
  flags: StoreFlags & { out?: string; json?: boolean },
): Promise<number> => {
  if ((flags.out === undefined) === (flags.json !== true))
    throw new AppError('USAGE', 'results export takes either --out DIR or --json')
  const { store } = await openResults(context, flags.store)
  try {
    const { run, result } = await readRun(store, meant, context.clock.wallMs())
    const timeline = timelineOf(store.readSeconds(run.id), wholeTimeline)
    if (flags.out === undefined) {
      await write(context, `{ "result": ${JSON.stringify(result)},\n  "timeline": [`)
      let separator = '\n    '
      for await (const row of timeline) {
        await write(context, `${separator}${JSON.stringify(row)}`)
        separator = ',\n    '
      }
      await write(context, '\n  ] }\n')
      return exitCodes.passed
    }
    const files = await writeReports(resolve(context.cwd, flags.out), {
      result,
      timeline,
      charts: () => collectReportTimeline(store.readSeconds(run.id), result),
      version,
    })
    context.stderr.write(`Wrote ${files.join(', ')}\n`)
    return exitCodes.passed
  } finally {
    await store.close()
  }
}

const wholeTimeline = { from: 0, to: Number.POSITIVE_INFINITY, step: 1, columns: false }

const parseLabel = (text: string): [label: string, value: string] => {
  const at = text.indexOf('=')
  if (at < 1) throw new AppError('USAGE', `--label takes KEY=VALUE; "${text}" is none`)
  return [text.slice(0, at), text.slice(at + 1)]
}

const readRun = async (
  store: ResultsStore,
  meant: string,
  nowMs: number,
): Promise<{ run: RunSummary; result: RunResult }> => {
  const run = await findRun(store, meant)
  const result = await readConcluded(store, run.id, nowMs)
  if (result === undefined)
    throw new AppError('RUN_UNKNOWN', `run ${run.id} was created and never begun: there is no result of it`)
  return { run, result }
}

/** Of all requests, from the histograms of all seconds. */
const responseTimeOf = async (store: ResultsStore, id: string): Promise<Histogram> => {
  let sum = Histogram.empty
  for await (const row of store.readSeconds(id))
    for (const { kind, measurement } of row.measurements.values())
      if (kind === 'request') sum = sum.plus(measurement.responseTime)
  return sum
}

const columns: readonly TableColumn[] = [
  { heading: 'run', align: 'left' },
  { heading: 'created (UTC)', align: 'left' },
  { heading: 'name', align: 'left' },
  { heading: 'outcome', align: 'left' },
  { heading: 'sent', align: 'right' },
  { heading: 'answered', align: 'right', rank: 2 },
  { heading: 'errors', align: 'right' },
  { heading: 'p99', align: 'right' },
  { heading: 'load', align: 'left', rank: 1 },
]

const maxTextWidth = 40

const renderList = (context: ProgramContext, runs: readonly RunSummary[], color: boolean): string => {
  const terminal = terminalOf(context.stdout)
  const nowMs = context.clock.wallMs()
  const rows = runs.map((run) => [
    run.id,
    shortTime(run.createdAt),
    fitText(run.name, maxTextWidth),
    outcomeCell(run, nowMs),
    formatKnownCount(run.sent),
    formatKnownCount(run.answered),
    formatKnownCount(run.errors),
    formatTime(run.responseP99Ms),
    fitText(run.load, maxTextWidth),
  ])
  // A pipe has no width: nothing is left out there, for whoever filters it.
  const width = terminal.isTty ? terminal.columns() : wholeWidth
  const colour = color && wantsColour(terminal, context.env)
  return renderTable(columns, rows, width)
    .map((line) => `${renderLine(line, width, colour).trimEnd()}\n`)
    .join('')
}

const wholeWidth = 1000

const outcomeCell = (run: RunSummary, nowMs: number): Cell => {
  const condition = conditionOf(run, nowMs)
  if (condition === 'abandoned') return { text: 'abandoned', style: 'caution' }
  if (condition === 'live') return run.state
  if (run.outcome === null) return { text: 'could not run', style: 'bad' }
  const styles = { passed: 'good', failed: 'bad', degraded: 'caution', stopped: 'caution' } as const
  return { text: run.outcome, style: styles[run.outcome] }
}

/** `2026-03-01 10:15:00`. */
const shortTime = (iso: string): string => iso.slice(0, 19).replace('T', ' ')

/** Resolves when a pipe or a disk has taken it. */
const write = (context: ProgramContext, text: string): Promise<void> =>
  new Promise((done, reject) => {
    context.stdout.write(text, (error) => {
      if (error === undefined || error === null) done()
      else reject(new AppError('OUTPUT_NOT_WRITABLE', `cannot write to standard output: ${messageOf(error)}`))
    })
  })

import { AppError, exitCodes, messageOf, toAppError } from '../lib/errors.ts'
import { version } from '../lib/version.ts'
import type { Histogram } from '../measuring/histogram.ts'
import { latencyPicture } from '../results/latency-picture.ts'
import { renderReportJson } from '../results/report-json.ts'
import { noTimeline } from '../results/report-timeline.ts'
import type { RunResult } from '../results/run-result.ts'
import { renderSummary } from '../results/summary-text.ts'
import { type ReportSource, writeReports } from '../results/write-reports.ts'
import type { ProgramContext } from './program-context.ts'
import { reportError } from './report-error.ts'
import { terminalOf, wantsColour } from './terminal.ts'

/** What a finished run leaves behind, wherever it ran. */
export interface FinishedRun extends ReportSource {
  /** Of all requests, for the picture in the summary. */
  responseTime: Histogram | undefined
}

export interface ReportFlags {
  json?: boolean
  quiet?: boolean
  color: boolean
}

/**
 * Tells the run on standard output and writes its files where a directory is given. Resolves with the exit code:
 * `signalled` where a person ended it, else the outcome's. What could not be written makes 1 of a 0.
 */
export const reportRun = async (
  context: ProgramContext,
  finished: FinishedRun,
  flags: ReportFlags,
  directory: string | undefined,
  signalled: number | undefined,
): Promise<number> => {
  const exitCode = signalled ?? exitCodeOf(finished.result)
  const isTold = await attempt(context, () => tell(context, finished, flags))
  const isKept =
    directory === undefined || (await attempt(context, () => keep(context, finished, directory, flags)))
  // What could not be written must not leave an exit code that looks like a success.
  return exitCode === exitCodes.passed && !(isTold && isKept) ? exitCodes.couldNotRun : exitCode
}

const tell = async (
  context: ProgramContext,
  { result, responseTime }: FinishedRun,
  flags: ReportFlags,
): Promise<void> => {
  if (flags.json) {
    await write(context, renderReportJson(result))
    return
  }
  if (flags.quiet) return
  const terminal = terminalOf(context.stdout)
  const summary = renderSummary(
    result,
    { columns: terminal.columns(), colour: flags.color && wantsColour(terminal, context.env) },
    ...(responseTime === undefined ? [] : [latencyPicture(responseTime)]),
  )
  await write(context, `\n${summary}`)
}

const keep = async (
  context: ProgramContext,
  finished: ReportSource,
  directory: string,
  flags: Pick<ReportFlags, 'json' | 'quiet'>,
): Promise<void> => {
  const files = await writeReports(directory, finished)
  if (!flags.quiet && !flags.json) context.stderr.write(`\nWrote ${files.join(', ')}\n`)
}

/**
 * What a run that could not begin leaves behind where files were asked for: a CI server that collects them shall find why.
 * The error itself is the caller's to tell; one of writing is told here, and changes nothing.
 */
export const keepFailedRun = async (
  context: ProgramContext,
  result: RunResult,
  flags: Pick<ReportFlags, 'json' | 'quiet'>,
  directory: string | undefined,
): Promise<void> => {
  if (directory === undefined) return
  const source = { result, timeline: [], charts: async () => noTimeline, version }
  await attempt(context, () => keep(context, source, directory, flags))
}

/** Whether it went well; what went wrong is said, and what comes after it is done all the same. */
const attempt = async (context: ProgramContext, work: () => Promise<void>): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (error) {
    reportError(context, toAppError(error))
    return false
  }
}

/** Resolves when a pipe or a disk has taken it, so that nothing is cut off by the exit. */
const write = (context: ProgramContext, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    context.stdout.write(text, (error) => {
      if (error === undefined || error === null) resolve()
      else
        reject(
          new AppError('OUTPUT_NOT_WRITABLE', `cannot write to standard output: ${messageOf(error)}`, {
            cause: error,
          }),
        )
    })
  })

const outcomeExitCodes = {
  passed: exitCodes.passed,
  failed: exitCodes.sloCrossed,
  degraded: exitCodes.degraded,
  stopped: exitCodes.interrupted,
} as const

const exitCodeOf = (result: RunResult): number => {
  if (result.outcome === null) throw new AppError('INTERNAL', 'The run ended without an outcome.')
  return outcomeExitCodes[result.outcome]
}

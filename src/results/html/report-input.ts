import type { ReportTimeline } from '../report-timeline.ts'
import type { RunResult, SteeringRecord } from '../run-result.ts'
import type { Span, TimeAxis } from './chart-frame.ts'

/** All that a report is made of. */
export interface ReportInput {
  result: RunResult
  timeline: ReportTimeline
  /** Of the program that writes the report. */
  version: string
}

/** More numbers would not be told apart in a chart. */
const maxMarks = 30

export const timeAxisOf = ({ result, timeline }: ReportInput): TimeAxis => {
  const { rows, step } = timeline
  const last = rows.at(-1)
  const reported = last === undefined ? 0 : Math.floor(last.second / step) * step + Math.min(step, 1)
  const seconds = Math.max(1, Math.ceil(result.elapsedMs / 1000 - 0.05), reported)
  return {
    seconds,
    holes: holesOf({ result, timeline }, seconds),
    marks: result.steering.slice(0, maxMarks).map(({ atMs }, i) => ({
      second: Math.min(seconds, Math.max(0, atMs / 1000)),
      number: i + 1,
    })),
  }
}

/** Load of which a driver took the record with it, and seconds that nobody reported. */
const holesOf = ({ result, timeline }: Pick<ReportInput, 'result' | 'timeline'>, seconds: number): Span[] => {
  const { rows, step } = timeline
  const spans: Span[] = result.gaps.map(({ from, to }) => ({ from, to }))
  let covered = 0
  for (const { second, drivers } of rows) {
    if (second > covered) spans.push({ from: covered, to: second })
    if (drivers === 0) spans.push({ from: second, to: second + step })
    covered = second + step
  }
  if (rows.length > 0 && seconds - covered >= 1) spans.push({ from: covered, to: seconds })
  return merged(spans.map(({ from, to }) => ({ from: Math.max(0, from), to: Math.min(seconds, to) })))
}

/** So that what overlaps is hatched once. */
const merged = (spans: readonly Span[]): Span[] => {
  const result: Span[] = []
  for (const span of spans.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to)
    else result.push({ ...span })
  }
  return result
}

/** How many seconds of the run a row stands for. */
export const secondsOf = (second: number, step: number, { seconds }: TimeAxis): number =>
  Math.max(1, Math.min(step, seconds - second))

export const describeSteering = ({ command, scale, by }: SteeringRecord): string => {
  const what = scale === null ? command : `${command} × ${Number(scale.toPrecision(3))}`
  return `${what}, by ${by}`
}

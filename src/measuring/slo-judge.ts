import { formatDuration } from '../lib/duration.ts'
import { formatRate } from '../lib/rate.ts'
import type { Histogram } from './histogram.ts'
import { errorShareOf, errorsOf, type Measurement, unansweredOf, unsentOf } from './measurement.ts'
import type { Slo, SloCondition, SloTime, SloUnit } from './slo.ts'

export interface SloVerdict {
  /** `null`: there was nothing to judge it by, which is neither passed nor failed. */
  passed: boolean | null
  /** The figure compared, in the unit of the SLO; `null` without data. */
  observed: number | null
  /** Like `212 ms` or `0.4 %`; `no data`. */
  observedText: string
}

/**
 * Whether an SLO holds for a measurement: of the whole run or of any part of it, of the request that it names or
 * of all. `undefined`: nobody reported anything. `durationSeconds` is the length of that part, for rates.
 */
export const judgeSlo = (
  slo: Slo,
  measurement: Measurement | undefined,
  durationSeconds: number,
): SloVerdict => {
  const observed = measurement === undefined ? null : figureOf(slo, measurement, durationSeconds)
  if (observed === null) return { passed: null, observed, observedText: 'no data' }
  const passed = comparisons[slo.condition](observed, slo.threshold)
  return { passed, observed, observedText: formatObserved(slo, observed) }
}

const comparisons: Readonly<Record<SloCondition, (observed: number, threshold: number) => boolean>> = {
  '<': (observed, threshold) => observed < threshold,
  '<=': (observed, threshold) => observed <= threshold,
  '>': (observed, threshold) => observed > threshold,
  '>=': (observed, threshold) => observed >= threshold,
  '=': (observed, threshold) => observed === threshold,
}

const figureOf = (slo: Slo, m: Measurement, durationSeconds: number): number | null => {
  const { subject, unit } = slo
  const outcomes = m.answered + unansweredOf(m)
  const asked = (count: number, of: number): number | null =>
    of === 0 ? null : unit === 'share' ? count / of : count

  switch (subject.kind) {
    case 'time':
      return timeFigure(histogramOf(m, subject.time), subject.figure)
    case 'errors':
      return unit === 'share' ? errorShareOf(m) : asked(errorsOf(m), outcomes)
    case 'unsent':
      return asked(unsentOf(m), m.started + m.refused)
    case 'status':
      return asked(countStatus(m, subject.status), outcomes)
    case 'checks':
      return checkShareOf(m)
    case 'rate':
      return durationSeconds > 0 ? m.answered / durationSeconds : null
  }
}

const histogramOf = (m: Measurement, time: SloTime): Histogram => {
  if (time === 'service') return m.serviceTime
  return time === 'lateness' ? m.sendLateness : m.responseTime
}

const timeFigure = (histogram: Histogram, figure: 'min' | 'mean' | 'max' | number): number | null => {
  const us = typeof figure === 'number' ? histogram.percentileUs(figure) : histogram[`${figure}Us`]
  return us === null ? null : us / 1000
}

const countStatus = (m: Measurement, status: string): number => {
  let count = 0
  for (const [code, n] of Object.entries(m.status))
    if (status.endsWith('xx') ? code[0] === status[0] : code === status) count += n
  return count
}

const checkShareOf = (m: Measurement): number | null => {
  let passed = 0
  let all = 0
  for (const counts of Object.values(m.checks)) {
    passed += counts.passed
    all += counts.passed + counts.failed
  }
  return all === 0 ? null : passed / all
}

/** With so many digits that it does not look like the threshold unless it is. */
export const formatObserved = (slo: Slo, observed: number): string => {
  const { short, exact } = formats[slo.unit]
  const text = short(observed)
  return text === short(slo.threshold) && observed !== slo.threshold ? exact(observed) : text
}

const significant = (value: number, digits: number): string => String(Number(value.toPrecision(digits)))

const formats: Readonly<Record<SloUnit, Record<'short' | 'exact', (value: number) => string>>> = {
  ms: { short: formatDuration, exact: (ms) => `${significant(ms, 9)} ms` },
  share: {
    short: (share) => `${significant(share * 100, 3)} %`,
    exact: (share) => `${significant(share * 100, 12)} %`,
  },
  count: { short: String, exact: String },
  perSecond: { short: formatRate, exact: (perSecond) => `${significant(perSecond, 12)}/s` },
}

import { formatRate } from '../../lib/rate.ts'
import { parseSlo } from '../../measuring/slo.ts'
import { loadCurveOf } from '../../pacing/load-curve.ts'
import type { TimelineRow } from '../run-result.ts'
import { formatCount, formatFigure, formatShare, formatTime, sumCounts } from '../summary-text-figures.ts'
import { formatThreshold } from '../verdict.ts'
import { figure } from './chart-frame.ts'
import { type Charts, pointsOf, tableOf } from './charts.ts'
import { renderLineChart, type Series } from './line-chart.ts'
import { cutText, html, type Markup } from './markup.ts'
import { type ReportInput, secondsOf } from './report-input.ts'

/** What was asked for and done each second, and what went wrong. */

/** Operations that plan and steering asked for from one second to another, a second; `null` where the load is closed or over. */
const askedOf = ({ result }: ReportInput): ((from: number, to: number) => number | null) => {
  const { load, drivers } = result.scenario
  if (load.kind === 'avalanche') return () => null
  const steering = result.steering.flatMap(({ atMs, command, scale }) =>
    command === 'stop' ? [] : [{ atMs, command, ...(scale === null ? {} : { scale }) }],
  )
  const stopMs = result.steering.find(({ command }) => command === 'stop')?.atMs ?? Number.POSITIVE_INFINITY
  const { curve, operationsPerStep, countLimit } = loadCurveOf(load, drivers, steering)
  const askedUntil = (second: number): number =>
    Math.min(countLimit, curve.cumulative(Math.min(stopMs, second * 1000)) * operationsPerStep)
  return (from, to) => (from * 1000 >= stopMs ? null : (askedUntil(to) - askedUntil(from)) / (to - from))
}

export const rate = (charts: Charts): Markup => {
  const { result, timeline, time, window } = charts
  const { step } = timeline
  const asked = askedOf(charts)
  const hasJourneys = result.requests.some(({ kind }) => kind === 'journey')
  const isClosed = result.scenario.load.kind === 'avalanche'
  const perSecond = (read: (row: TimelineRow) => number): Series['points'] =>
    pointsOf(charts, (row) => read(row) / secondsOf(row.second, step, time))
  const columns = Array.from({ length: Math.ceil(time.seconds / step) }, (_, i) => i * step)
  const limits = result.slo.slice(0, 8).flatMap(({ text }) => {
    const parsed = parseSlo(text)
    return parsed.ok && parsed.slo.subject.kind === 'rate' && parsed.slo.of === undefined
      ? [{ value: parsed.slo.threshold, label: `limit ${formatThreshold(parsed.slo)}` }]
      : []
  })
  const rateText = (value: number | null): string => (value === null ? '–' : formatFigure(value))
  return figure(
    'Rate asked and done.',
    html`${window}, a second: ${isClosed ? 'a closed load asks for no rate, only for so many in flight; ' : hasJourneys ? 'operations that the load asked for (a journey is one operation and several requests), ' : 'requests that the load asked for, '}requests sent, and answers that came.`,
    renderLineChart(
      {
        id: 'rate',
        description: `Line chart of rates over ${formatTime(time.seconds * 1000)}; in the mean of the run ${formatRate(result.totals.answeredPerSecond)} were answered.`,
        unit: 'a second',
        unitAfter: ' a second',
        scale: 'linear',
        series: [
          {
            name: 'asked',
            points: isClosed
              ? []
              : columns.map((from) => ({
                  second: from + step / 2,
                  value: asked(from, from + step),
                })),
          },
          { name: 'answered', points: perSecond((row) => row.answered) },
          { name: 'sent', points: perSecond((row) => row.sent) },
        ],
        limits,
        step,
      },
      time,
    ),
    tableOf(charts, 'Requests a second', ['asked', 'sent', 'answered', 'not sent'], (row, seconds) => [
      rateText(asked(row.second, row.second + seconds)),
      rateText(row.sent / seconds),
      rateText(row.answered / seconds),
      rateText(row.unsent / seconds),
    ]),
  )
}

export const inFlight = (charts: Charts): Markup => {
  const { timeline, time, result } = charts
  const { load } = result.scenario
  const step = timeline.step === 1 ? 'second' : formatTime(timeline.step * 1000)
  return figure(
    'Requests in flight.',
    html`At the end of each ${step}: requests that were started and had no outcome yet, over all drivers; ${load.kind === 'avalanche' ? `${formatCount(load.inFlight)} operations are asked for` : `at most ${formatCount(load.maxInFlight)} are allowed`} on each driver.`,
    renderLineChart(
      {
        id: 'flight',
        description: `Line chart of requests in flight, at most ${formatCount(timeline.rows.reduce((most, row) => Math.max(most, row.inFlight), 0))}.`,
        unit: 'in flight',
        unitAfter: '',
        scale: 'linear',
        isWhole: true,
        series: [{ name: 'in flight', points: pointsOf(charts, (row) => row.inFlight) }],
        limits: [],
        step: timeline.step,
      },
      time,
    ),
    tableOf(charts, 'Requests in flight at the end of each row', ['in flight'], (row) => [
      formatCount(row.inFlight),
    ]),
  )
}

/** As many lines can be told apart; the rest is one. */
const maxKinds = 4

export const errors = (charts: Charts): Markup => {
  const { timeline, time, window } = charts
  const counts = new Map<string, number>()
  for (const row of timeline.rows)
    for (const [kind, count] of Object.entries(row.errors)) counts.set(kind, (counts.get(kind) ?? 0) + count)
  const kinds = [...counts].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a)
  if (kinds.length === 0)
    return figure(
      'Errors by kind.',
      'No second of the run had an error, so there is nothing to draw.',
      null,
      null,
    )
  const shown = kinds.slice(0, maxKinds).map(([kind]) => kind)
  const otherOf = (row: TimelineRow): number =>
    sumCounts(row.errors) - shown.reduce((sum, kind) => sum + (row.errors[kind] ?? 0), 0)
  const hasOthers = kinds.length > maxKinds
  const perSecond = (read: (row: TimelineRow) => number): Series['points'] =>
    pointsOf(charts, (row) => read(row) / secondsOf(row.second, timeline.step, time))
  const outcomes = (row: TimelineRow): number =>
    row.answered + sumCounts(row.errors) - (row.errors.check ?? 0)
  return figure(
    'Errors by kind.',
    html`${window}, a second; what the kinds mean is told below.`,
    renderLineChart(
      {
        id: 'errors-by-kind',
        description: `Line chart of errors a second: ${cutText(kinds.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(', '))} in the whole run.`,
        unit: 'a second',
        unitAfter: ' a second',
        scale: 'linear',
        series: [
          ...shown.map((kind) => ({
            name: cutText(kind, 12),
            points: perSecond((row) => row.errors[kind] ?? 0),
          })),
          ...(hasOthers ? [{ name: 'others', points: perSecond(otherOf) }] : []),
        ],
        limits: [],
        step: timeline.step,
      },
      time,
    ),
    tableOf(
      charts,
      'Errors, and their share of the requests with an outcome',
      [...shown.map((kind) => cutText(kind, 30)), ...(hasOthers ? ['others'] : []), 'share'],
      (row) => [
        ...shown.map((kind) => formatCount(row.errors[kind] ?? 0)),
        ...(hasOthers ? [formatCount(otherOf(row))] : []),
        outcomes(row) === 0 ? '–' : formatShare(sumCounts(row.errors) / outcomes(row)),
      ],
    ),
  )
}

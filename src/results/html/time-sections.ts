import { formatPosition, formatSpan, formatTime } from '../summary-text-figures.ts'
import type { Charts } from './charts.ts'
import { lateness, responseAndService, spectrum } from './distribution-charts.ts'
import { section } from './html-table.ts'
import { type Content, cutText, html } from './markup.ts'
import { errors, inFlight, rate } from './rate-charts.ts'
import { describeSteering, type ReportInput, timeAxisOf } from './report-input.ts'
import { heatMap, percentiles } from './time-charts.ts'

/** The run over its time, as pictures with their numbers. */
export const timeSections = (input: ReportInput): Content => {
  const { timeline, result } = input
  if (timeline.rows.length === 0)
    return section(
      'time',
      'Response time over the run',
      html`<p>There is nothing to draw: ${result.startedAt === null ? 'the run did not begin' : 'no driver reported a second of it'}.</p>`,
    )
  const { step } = timeline
  const window = `${step === 1 ? 'Each second' : `Every ${formatTime(step * 1000)} together`}, all requests`
  const charts: Charts = { ...input, time: timeAxisOf(input), window }
  const others = section(
    'rates',
    'Rate, requests in flight, errors, lateness',
    rate(charts),
    inFlight(charts),
    errors(charts),
    lateness(charts),
  )
  if (timeline.responseTime.length === 0)
    return [
      section(
        'time',
        'Response time over the run',
        keyOf(charts),
        html`<p>No request was answered, so there are no response times to draw.</p>`,
      ),
      others,
    ]
  return [
    section('time', 'Response time over the run', keyOf(charts), heatMap(charts), percentiles(charts)),
    section(
      'distribution',
      'All response times, and the service time beside them',
      spectrum(charts),
      responseAndService(charts),
    ),
    others,
  ]
}

/** What stands in all charts alike. */
const keyOf = ({ result, time }: Charts): Content => {
  const steering = time.marks.map(({ number }) => {
    const record = result.steering[number - 1]
    return record === undefined
      ? ''
      : `${number}: ${describeSteering(record)} at ${formatPosition(record.atMs)}`
  })
  return html`<p>Time runs from left to right, in minutes and seconds after the start.${
    time.holes.length > 0 &&
    html` <strong>Hatched</strong>: load of this time is missing from the figures (${time.holes
      .slice(0, 10)
      .map((hole) => formatSpan(hole).join(' to '))
      .join(', ')}${time.holes.length > 10 && ' and more'}); a line is broken where nobody reported.`
  }${steering.length > 0 && html` <strong>Numbers above a chart</strong>: ${cutText(steering.join('; '), 1000)}.`}</p>`
}

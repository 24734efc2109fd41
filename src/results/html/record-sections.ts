import { stringify } from 'yaml'
import { formatSize } from '../../lib/bytes.ts'
import type { RunEnvironment, RunResult } from '../run-result.ts'
import { formatCount, formatPosition } from '../summary-text-figures.ts'
import { facts, htmlTable, section } from './html-table.ts'
import { cutText, html, Markup } from './markup.ts'
import { describeSteering } from './report-input.ts'

/** What the run was and how it was made: steering, environment, scenario, and how to read all this. */

const maxSteering = 50

export const steeringSection = ({ steering, startedAt }: RunResult): Markup =>
  section(
    'steering',
    'Steering',
    steering.length === 0
      ? html`<p>${startedAt === null ? 'There was no load to change.' : 'Nobody changed the load while it ran.'}</p>`
      : htmlTable(
          'What was done to the load, in minutes and seconds after the start; a rate multiplies that of the scenario',
          [{ heading: 'number' }, { heading: 'at' }, { heading: 'command' }],
          steering
            .slice(0, maxSteering)
            .map((record, i) => [i + 1, formatPosition(record.atMs), cutText(describeSteering(record))]),
        ),
    steering.length > maxSteering && html`<p>and ${formatCount(steering.length - maxSteering)} more</p>`,
  )

/** To the second; the zone is named. */
export const timeText = (iso: string | null): string =>
  iso === null ? '–' : `${iso.slice(0, 19).replace('T', ' ')} UTC`

/** `version`: of the program that writes the report. */
export const environmentSection = (result: RunResult, version: string): Markup => {
  const labels = Object.entries(result.labels).map(
    ([name, value]) => `${cutText(name, 60)}=${cutText(value, 60)}`,
  )
  return section(
    'environment',
    'Environment',
    facts([
      ['run', cutText(result.id)],
      ['seed', `${result.seed} (with it the same operations come again)`],
      ['labels', labels.length === 0 ? 'none' : labels.slice(0, 20).join(', ')],
      ['created', timeText(result.createdAt)],
      ['started', timeText(result.startedAt)],
      ['finished', timeText(result.finishedAt)],
      ...placeOf(result.environment),
      ['report written by', `Groundswell ${version}`],
    ]),
  )
}

/** Of the machine that conducted the run: in a local run it made the load as well. */
const placeOf = (environment: RunEnvironment | null): [name: string, value: string][] => {
  if (environment === null) return [['conducted on', 'not in the record']]
  const { groundswell, node, system, cpu, cores, memoryBytes } = environment
  return [
    ['conducted by', cutText(`Groundswell ${groundswell}, Node.js ${node.replace(/^v/, '')}`)],
    ['on', cutText(system)],
    [
      'with',
      `${formatCount(cores)} ${cores === 1 ? 'core' : 'cores'}${cpu === null ? '' : ` (${cutText(cpu)})`}, ${formatSize(memoryBytes)} of memory`,
    ],
  ]
}

const maxLines = 400

export const scenarioSection = ({ scenario }: RunResult): Markup => {
  const lines = stringify(scenario, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n')
  const more = lines.length - maxLines
  return section(
    'scenario',
    'Scenario',
    html`<p>As it ran: every default filled in, times in milliseconds, rates a second, secrets as ***.</p><pre>${lines
      .slice(0, maxLines)
      .map(codeLine)}${more > 0 && `… and ${formatCount(more)} more lines; result.json has them all`}</pre>`,
  )
}

/** Its indentation is ours, the rest came from outside. */
const codeLine = (line: string): Markup => {
  const text = line.trimStart()
  return html`${new Markup(' '.repeat(line.length - text.length))}${cutText(text)}
`
}

export const glossarySection = (): Markup =>
  section(
    'method',
    'How it was measured',
    html`<p>Requests start at planned instants, whatever the answers do (only an avalanche waits for them). Each driver counts every time in a histogram of whole microseconds, at most 0.1 % wide a slot; histograms of drivers and seconds are added, and a percentile is read once, from the sum: none is a mean of other percentiles.</p>`,
    facts([
      [
        'response time',
        'from the instant at which a request was due to the last byte of its answer: what a user felt who came then',
      ],
      ['service time', 'from when the request really left to the last byte: what the target took'],
      ['send lateness', 'the difference: waiting for a connection, and the driver’s own delay'],
      ['p99', '99 % of the answers took so long or less; p50 is the median'],
      [
        'heat map',
        'a column is a time of the run, a row a range of response times 9 % wide; the colour says how many answers fell there',
      ],
      ['in flight', 'sent, or waiting to be sent, and without an outcome yet'],
      ['journey', 'several requests one after the other, as a user makes them'],
      ['mode', 'the time around which answers lie closest'],
      [
        'error',
        'a request without a complete answer, or an answer that failed a check; times of requests without an answer are not among the response times',
      ],
      ['degraded', 'a part of the load or of its record is missing, so that no verdict is safe'],
      ['driver', 'a process that makes a share of the load'],
      ['SLO', 'a line under slo: in the scenario; one that is crossed fails the run'],
    ]),
  )

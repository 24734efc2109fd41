import { formatSize } from '../../lib/bytes.ts'
import { formatDuration } from '../../lib/duration.ts'
import type { RunResult } from '../../results/run-result.ts'
import { formatCount, formatTime } from '../../results/summary-text-figures.ts'
import { cutText, instantText, nameText } from './run-text.ts'

/** What a run was: names and values, of any length and from anywhere. */

const maxListed = 20

export interface Fact {
  name: string
  text: string
}

export const factsOf = (result: RunResult): Fact[] => {
  const { plan, totals, drivers, startSkewMs, startSkewUncertaintyMs } = result
  const labels = Object.entries(result.labels).map(
    ([name, value]) => `${cutText(name, 60)}=${cutText(value, 60)}`,
  )
  const foreign = drivers.filter(({ isForeign }) => isForeign).length
  const skew =
    startSkewMs === null
      ? ''
      : `, started within ${formatTime(startSkewMs)}${startSkewUncertaintyMs === null ? '' : ` (± ${formatTime(startSkewUncertaintyMs)})`}`
  return [
    { name: 'Load', text: cutText(plan.load, 400) },
    { name: plan.targets.length === 1 ? 'Target' : 'Targets', text: listed(plan.targets) },
    {
      name: 'Drivers',
      text: `${formatCount(drivers.length)} of ${formatCount(plan.drivers)} asked for${foreign === 0 ? '' : `, ${foreign} of them written by others`}${skew}`,
    },
    {
      name: 'Planned',
      text: [
        plan.durationMs === null ? '' : formatDuration(plan.durationMs),
        plan.operations === null ? '' : `${formatCount(plan.operations)} operations`,
      ]
        .filter((text) => text !== '')
        .join(', '),
    },
    { name: 'Traffic', text: `${formatSize(totals.bytesOut)} out, ${formatSize(totals.bytesIn)} in` },
    { name: 'Connections', text: `${formatCount(totals.connectionsOpened)} opened` },
    { name: 'Retried', text: `${formatCount(totals.retried)} requests` },
    { name: 'Created', text: instantText(result.createdAt) },
    { name: 'Started', text: instantText(result.startedAt) },
    { name: 'Finished', text: instantText(result.finishedAt) },
    { name: 'Seed', text: `${result.seed} (the same operations come again with it)` },
    { name: 'Labels', text: labels.length === 0 ? 'none' : listed(labels) },
    { name: 'Id', text: nameText(result.id, 100) },
  ].filter(({ text }) => text !== '')
}

const listed = (texts: readonly string[]): string => {
  const more = texts.length - maxListed
  return (
    texts
      .slice(0, maxListed)
      .map((text) => cutText(text))
      .join(', ') + (more > 0 ? ` and ${more} more` : '')
  )
}

const maxLines = 600
const maxLineLength = 300

/** The scenario as it ran, every default filled in: JSON, its foreign texts cut and clean. */
export const scenarioText = ({ scenario }: Pick<RunResult, 'scenario'>): string => {
  const lines = JSON.stringify(scenario, null, 2).split('\n')
  const more = lines.length - maxLines
  return [
    ...lines.slice(0, maxLines).map((line) => {
      const text = line.trimStart()
      return ' '.repeat(line.length - text.length) + cutText(text, maxLineLength)
    }),
    ...(more > 0 ? [`… and ${formatCount(more)} more lines; the JSON report has them all`] : []),
  ].join('\n')
}

/** The reports that the orchestrator makes of a run. */
export const reportsOf = (id: string): { name: string; what: string; path: string; file: string }[] => {
  const base = `/api/runs/${encodeURIComponent(id)}/report`
  return [
    { name: 'HTML', what: 'one page with charts', extension: 'html' },
    { name: 'Markdown', what: 'a summary', extension: 'md' },
    { name: 'JSON', what: 'all figures', extension: 'json' },
    { name: 'CSV', what: 'a row a second and request', extension: 'csv' },
    { name: 'JUnit', what: 'SLOs as tests', extension: 'junit.xml' },
  ].map(({ name, what, extension }) => ({
    name,
    what,
    path: `${base}.${extension}`,
    file: `${id}.${extension}`,
  }))
}

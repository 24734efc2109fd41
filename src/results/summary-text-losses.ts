import type { DriverResult, RunResult } from './run-result.ts'
import { displayWidth, fitText, padToWidth } from './summary-text-display.ts'
import {
  endedCount,
  formatCount,
  formatFigure,
  formatKnownCount,
  formatShare,
  formatSpan,
  rankCounts,
  unknown,
} from './summary-text-figures.ts'
import { type Line, styled } from './summary-text-line.ts'
import { type Cell, renderTable } from './summary-text-table.ts'
import { reasonWords } from './words.ts'

/** What went wrong, by whom and how much: errors, checks, unsent load, missing load, drivers. */

const maxKinds = 20
const maxDetails = 3
const maxChecks = 20
const maxGaps = 10
const maxDrivers = 20
/** Of a text that the target had a hand in. */
const maxDetailWidth = 200

const more = (count: number, most: number): Line[] =>
  count > most ? [[styled('dim', `  and ${formatCount(count - most)} more`)]] : []

/** Counts at the right, texts behind them. */
const countLine = (count: number, countWidth: number, text: string, width: number): Line => [
  `  ${padToWidth(formatCount(count), countWidth, 'right')}  ${fitText(text, width - countWidth - 4)}`,
]

const countWidthOf = (counts: readonly (readonly [string, number])[]): number =>
  Math.max(0, ...counts.map(([, count]) => formatCount(count).length))

export const errorLines = (result: RunResult, width: number): Line[] => {
  const kinds = rankCounts(result.totals.errors)
  const details = rankCounts(result.totals.errorDetails)
  const countWidth = countWidthOf(kinds)
  const ended = endedCount(result.totals)
  const lines = kinds.slice(0, maxKinds).flatMap(([kind, count]): Line[] => {
    const share = ended === 0 ? '' : `  ${formatShare(count / ended)}`
    const prefix = `${kind}: `
    const examples = details.filter(([text]) => text.startsWith(prefix))
    return [
      [...countLine(count, countWidth, kind, width), styled('dim', share)],
      ...examples.slice(0, maxDetails).map(([text, times]): Line => {
        const example = fitText(text.slice(prefix.length), Math.min(maxDetailWidth, width - countWidth - 18))
        return [' '.repeat(countWidth + 6), example, styled('dim', ` × ${formatCount(times)}`)]
      }),
      ...(examples.length > maxDetails
        ? [[styled('dim', `${' '.repeat(countWidth + 6)}and ${examples.length - maxDetails} more texts`)]]
        : []),
    ]
  })
  return [...lines, ...more(kinds.length, maxKinds)]
}

export const checkLines = (result: RunResult, width: number): Line[] => {
  const checks = Object.entries(result.totals.checks)
    .filter(([, { failed }]) => failed > 0)
    .sort(([, a], [, b]) => b.failed - a.failed)
  const countWidth = countWidthOf(checks.map(([name, { failed }]) => [name, failed]))
  const lines = checks.slice(0, maxChecks).map(([name, { passed, failed }]): Line => {
    const asked = passed + failed
    const of = `  of ${formatCount(asked)}, ${formatShare(failed / asked)}`
    return [...countLine(failed, countWidth, name, width - of.length), styled('dim', of)]
  })
  return [...lines, ...more(checks.length, maxChecks)]
}

export const unsentLines = (result: RunResult, width: number): Line[] => {
  const reasons = rankCounts(result.totals.unsentReasons)
  const countWidth = countWidthOf(reasons)
  return reasons.map(([reason, count]) => countLine(count, countWidth, reasonWords[reason] ?? reason, width))
}

export const gapLines = (result: RunResult, width: number): Line[] => {
  const lines = result.gaps.slice(0, maxGaps).map((gap): Line => {
    const span = formatSpan(gap).join(' to ')
    const share = `${formatShare(gap.share)} of the load is not in the figures`
    return [`  driver ${fitText(gap.driver, Math.max(8, width - 60))}  ${span}  `, styled('caution', share)]
  })
  return [...lines, ...more(result.gaps.length, maxGaps)]
}

/** A driver that did not do its share is listed before those that did. */
export const isTroubled = (driver: DriverResult): boolean =>
  driver.state === 'lost' || driver.state === 'rejected' || driver.state === 'left'

export const driverLines = (result: RunResult, width: number): Line[] => {
  const troubled = result.drivers.filter(isTroubled)
  const isPlain = troubled.length === 0 && !result.drivers.some(({ isForeign }) => isForeign)
  if (result.drivers.length < 2 && isPlain) return []
  const shown =
    result.drivers.length <= maxDrivers
      ? result.drivers
      : [...troubled, ...result.drivers.filter((driver) => !isTroubled(driver))].slice(0, maxDrivers)
  const table = renderTable(
    [
      { heading: '', align: 'left' },
      { heading: 'state', align: 'left' },
      { heading: 'sent', align: 'right', rank: 1 },
      { heading: 'answered', align: 'right' },
      { heading: 'min', align: 'right' },
      { heading: 'mean', align: 'right' },
      { heading: 'median', align: 'right' },
      { heading: 'mode', align: 'right', rank: 2 },
      { heading: 'max', align: 'right' },
      { heading: 'late p99', align: 'right', rank: 3 },
    ],
    shown.map((driver): Cell[] => {
      const times = driver.responseTimeMs
      // Of one that measures, what is not there does not exist; of another, nobody knows.
      const figure = (value: number | null): string =>
        driver.isForeign && value === null ? unknown : formatFigure(value)
      const state = driver.assumedFinished ? `${driver.state} (assumed)` : driver.state
      return [
        fitText(driver.id, 40),
        isTroubled(driver) ? { text: state, style: 'bad' } : state,
        formatKnownCount(driver.totals.sent),
        formatKnownCount(driver.totals.answered),
        figure(times.min),
        figure(times.mean),
        figure(times.median),
        figure(times.mode),
        figure(times.max),
        figure(driver.sendLatenessMs.p99),
      ]
    }),
    width,
  )
  const reasons = troubled
    .filter((driver) => driver.reason !== '')
    .slice(0, maxGaps)
    .map((driver): Line => {
      const who = `${fitText(driver.id, 20)} ${driver.state}: `
      return [styled('bad', '  ! '), who, fitText(driver.reason, width - displayWidth(who) - 4)]
    })
  return [...table, ...more(result.drivers.length, maxDrivers), ...reasons]
}

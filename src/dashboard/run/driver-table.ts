import type { DriverPhase, DriverResult, RunResult } from '../../results/run-result.ts'
import type { RunUpdate, UpdateDriver } from '../../results/run-update.ts'
import { formatCount, formatFigure, formatKnownCount, unknown } from '../../results/summary-text-figures.ts'
import type { Tone } from './run-now.ts'
import type { Cell, TableView } from './run-table-rows.ts'
import { nameText, sentenceText } from './run-text.ts'

/**
 * One row a driver. While the run goes on, rate, p99, lateness and CPU are of its last second and the rest of the run so
 * far; afterwards all is of the whole run, but CPU, of which the record has the last. What a driver written by others does
 * not say is unknown, never 0.
 */
export const driverTable = (result: RunResult, latest: RunUpdate | undefined): TableView => {
  const isLive = latest !== undefined && result.state !== 'finished'
  const last = isLive ? ', last s' : ''
  const updates = new Map(isLive ? latest.drivers.map((driver) => [driver.id, driver]) : [])
  const shares = result.drivers.filter(({ share }) => share !== null).length
  return {
    columns: [
      { key: 'driver', heading: 'Driver' },
      { key: 'state', heading: 'State' },
      { key: 'sent', heading: 'Sent', isNumber: true },
      { key: 'rate', heading: `Answered /s${last}`, isNumber: true },
      { key: 'min', heading: 'Min ms', isNumber: true },
      { key: 'mean', heading: 'Mean ms', isNumber: true },
      { key: 'median', heading: 'Median ms', isNumber: true },
      { key: 'mode', heading: 'Mode ms', isNumber: true },
      { key: 'max', heading: 'Max ms', isNumber: true },
      { key: 'p99', heading: `p99 ms${last}`, isNumber: true },
      { key: 'late', heading: `Lateness p99 ms${last}`, isNumber: true },
      { key: 'cpu', heading: 'CPU, last s', isNumber: true },
      { key: 'share', heading: 'Share', isNumber: true },
    ],
    rows: result.drivers.map((driver) => ({
      key: driver.id,
      cells: cellsOf(driver, updates.get(driver.id), shares),
    })),
  }
}

const isGone = (state: DriverPhase): boolean => state === 'lost' || state === 'left' || state === 'rejected'

/** What a driver that is gone did last is not what it does. */
const silent = { answeredPerSecond: null, p99: null, latenessP99: null, cpu: null } as const

const cellsOf = (driver: DriverResult, update: UpdateDriver | undefined, shares: number): Cell[] => {
  const { responseTimeMs: times, totals, isForeign, share } = driver
  const figures = (update && (isGone(update.state) ? { ...update, ...silent } : update)) ?? {
    state: driver.state,
    sent: totals.sent,
    answeredPerSecond: totals.answeredPerSecond,
    min: times.min,
    mean: times.mean,
    median: times.median,
    mode: times.mode,
    max: times.max,
    p99: times.p99,
    latenessP99: driver.sendLatenessMs.p99,
    cpu: driver.cpu,
  }
  const figure = (value: number | null): Cell => ({
    text: isForeign && value === null ? unknown : formatFigure(value),
    sort: value,
  })
  const absent = isForeign ? unknown : '–'
  return [
    { text: nameText(driver.id, 60), ...(isForeign ? { notes: ['written by others'] } : {}) },
    stateCell(driver, figures.state),
    { text: formatKnownCount(figures.sent), sort: figures.sent },
    figure(figures.answeredPerSecond),
    figure(figures.min),
    figure(figures.mean),
    figure(figures.median),
    figure(figures.mode),
    figure(figures.max),
    figure(figures.p99),
    figure(figures.latenessP99),
    figures.cpu === null
      ? { text: absent, sort: null }
      : { text: `${formatCount(figures.cpu * 100)} %`, sort: figures.cpu },
    share === null ? { text: 'its own', sort: null } : { text: `${share + 1} of ${shares}`, sort: share },
  ]
}

const tones: Record<DriverPhase, Tone> = {
  registered: 'idle',
  configuring: 'busy',
  ready: 'busy',
  running: 'busy',
  finished: 'good',
  rejected: 'bad',
  lost: 'bad',
  left: 'caution',
}

const stateCell = (driver: DriverResult, state: DriverPhase): Cell => ({
  text: driver.assumedFinished ? `${state} (assumed)` : state,
  tone: tones[state],
  ...(driver.reason === '' ? {} : { notes: [sentenceText(driver.reason)] }),
})

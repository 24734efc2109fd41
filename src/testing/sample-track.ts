import type { ChartsInput } from '../dashboard/charts/charts-input.ts'
import { type FigureName, figureNames, type Track } from '../dashboard/model/track.ts'
import { drawFraction, streamOf } from '../lib/random.ts'
import { rowStartUs } from '../results/heat-column.ts'

/**
 * A run as the charts see it, with all that can go wrong: a stall in which users wait although the service is quick, seconds
 * that nobody reported, one silent driver, a rate steered, a pause, errors of several kinds, a broken limit. All JSON.
 */
export const sampleCharts = (
  options: { seconds?: number; step?: number; ratePerSecond?: number; seed?: number } = {},
): ChartsInput => {
  const { seconds = 600, step = 1, ratePerSecond = 500, seed = 7 } = options
  let draws = 0
  const random = { next: () => drawFraction(seed, streamOf('sample charts'), draws++) }
  const at = (share: number): number => Math.round((seconds * share) / step) * step
  const stall = { from: at(0.45), to: at(0.475) + step, end: at(0.52) + step }
  const unreported = { from: at(0.7), to: at(0.73) + step }
  const pause = { from: at(0.8), to: at(0.83) + step }
  const rows = Array.from({ length: Math.ceil(seconds / step) }, (_, i) => {
    const second = i * step
    if (second >= unreported.from && second < unreported.to) return undefined
    const isPaused = second >= pause.from && second < pause.to
    const asked = isPaused ? 0 : ratePerSecond * (second < at(0.3) ? 1 : 1.5)
    const inStall = second >= stall.from && second < stall.to
    const afterStall = second >= stall.to && second < stall.end
    const backlogMs = inStall
      ? (second - stall.from) * 1000 + 1000
      : afterStall
        ? ((stall.end - second) / (stall.end - stall.to)) * 15_000
        : 0
    const wave = 1 + 0.35 * Math.sin((second / seconds) * 14)
    const answers = inStall ? asked * step * 0.15 : asked * step * (1 + (random.next() - 0.5) * 0.04)
    const service = spread(answers, 4 * wave, 0.35, random)
    const response =
      backlogMs === 0 ? spread(answers, 4.1 * wave, 0.36, random) : spread(answers, backlogMs, 0.4, random)
    const errors: Record<string, number> = {}
    if (inStall) errors.timeout = Math.round(asked * step * 0.2)
    if (random.next() < 0.05) errors.check = 1 + Math.floor(random.next() * 4)
    if (second > at(0.6) && second < at(0.64)) errors.reset = Math.round(12 * step * random.next())
    return { asked, answers, response, service, errors, backlogMs, inStall }
  })
  const figures = Object.fromEntries(
    figureNames.map((name) => [
      name,
      rows.map((row) => (row === undefined ? null : figure(name, row, step))),
    ]),
  ) as Record<FigureName, (number | null)[]>
  const track: Track = {
    step,
    first: 0,
    length: rows.length,
    version: 1,
    seconds: rows.map((_, i) => i * step),
    figures,
    response: rows.map((row) => row?.response ?? null),
    service: rows.map((row) => row?.service ?? null),
    errors: rows.map((row) => row?.errors ?? null),
  }
  return {
    track,
    from: 0,
    to: seconds,
    steering: [
      { atMs: at(0.3) * 1000, command: 'rate', scale: 1.5, by: 'api' },
      { atMs: pause.from * 1000, command: 'pause', scale: null, by: 'api' },
      { atMs: pause.to * 1000, command: 'resume', scale: null, by: 'api' },
    ],
    gaps: [{ driver: 'd3', from: at(0.1), to: at(0.16), share: 0.125 }],
    limits: [
      { ms: 250, label: 'p99 < 250 ms', isBroken: true },
      { ms: 30_000, label: 'max < 30 s', isBroken: false },
    ],
    broken: [{ second: stall.from + step, label: 'p99 crossed' }],
  }
}

interface SampleRow {
  asked: number
  answers: number
  response: number[]
  service: number[]
  errors: Record<string, number>
  backlogMs: number
  inStall: boolean
}

const figure = (name: FigureName, row: SampleRow, step: number): number | null => {
  const failed = Object.values(row.errors).reduce((sum, count) => sum + count, 0)
  const answered = row.response.reduce((sum, count) => sum + count, 0)
  switch (name) {
    case 'asked':
    case 'sent':
      return row.asked
    case 'answered':
      return answered / step
    case 'errors':
      return failed / step
    case 'unsent':
      return row.inStall ? row.asked * 0.1 : 0
    case 'inFlight':
      return Math.round(row.asked * 0.005 + (row.inStall ? row.backlogMs * 0.2 : row.backlogMs * 0.05))
    case 'drivers':
      return 8
    case 'latenessP99':
      return row.asked === 0 ? null : 0.4 + row.backlogMs * 0.9
    case 'serviceP50':
      return percentile(row.service, 50)
    case 'serviceP99':
      return percentile(row.service, 99)
    case 'p50':
      return percentile(row.response, 50)
    case 'p90':
      return percentile(row.response, 90)
    case 'p99':
      return percentile(row.response, 99)
    case 'p999':
      return percentile(row.response, 99.9)
    case 'max':
      return percentile(row.response, 100)
  }
}

const percentile = (counts: readonly number[], wanted: number): number | null => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let below = 0
  for (let row = 0; row < counts.length; row++) {
    below += counts[row] ?? 0
    if (below >= (total * wanted) / 100) return rowStartUs(row + 0.5) / 1000
  }
  return null
}

/** Log-normal times by row of the heat map, with a tail of some slow ones. */
const spread = (answers: number, medianMs: number, sigma: number, random: { next(): number }): number[] => {
  const counts: number[] = []
  const put = (count: number, middleMs: number, width: number): void => {
    for (let row = 0; row < 190; row++) {
      const z = Math.log(rowStartUs(row + 0.5) / 1000 / middleMs) / width
      const share = (Math.exp(-0.5 * z * z) / (width * Math.sqrt(2 * Math.PI))) * (Math.log(2) / 8)
      const exact = count * share
      const whole = Math.floor(exact) + (random.next() < exact - Math.floor(exact) ? 1 : 0)
      if (whole === 0) continue
      while (counts.length <= row) counts.push(0)
      counts[row] = (counts[row] ?? 0) + whole
    }
  }
  put(answers * 0.97, medianMs, sigma)
  put(answers * 0.03, medianMs * 5, 0.5)
  return counts
}

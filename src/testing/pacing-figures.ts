import { createPacer } from '../pacing/create-pacer.ts'
import type { Steering } from '../pacing/steering.ts'
import { parseScenarioText } from '../scenario/load-scenario.ts'
import type { Load } from '../scenario/scenario.ts'

/** A load of `docs/pacing.md`, and how it is drawn. */
export interface PacingFigure {
  /** Of its picture, `docs/pictures/pacing-NAME.svg`, and of its place in the document. */
  name: string
  /** What the document shows. */
  yaml: string
  drivers: number
  /** A row of starts for each driver beside that of all together. */
  showsDrivers: boolean
  steering: Steering[]
}

const seed = 9

const figure = (name: string, load: string, more: Partial<PacingFigure> = {}): PacingFigure => ({
  name,
  yaml: `http: http://localhost:8080\n${more.drivers === undefined ? '' : `drivers: ${more.drivers}\n`}load: ${load}`,
  drivers: 1,
  showsDrivers: false,
  steering: [],
  ...more,
})

export const pacingFigures: readonly PacingFigure[] = [
  figure('rate', '{ rate: 10/s, duration: 5s }'),
  figure('poisson', '{ rate: 10/s, duration: 5s, arrivals: poisson }'),
  figure('stages', '{ stages: [ { to: 20/s, over: 2s }, { hold: 1s }, { to: 5/s }, { hold: 2s } ] }'),
  figure('spike', '{ spike: { base: 5/s, peak: 400%, every: 2s, lasting: 500ms }, duration: 6s }'),
  figure('sine', '{ sine: { mean: 12/s, amplitude: 75%, period: 4s }, duration: 8s }'),
  figure('tsunami', '{ tsunami: 500ms, duration: 4s }', { drivers: 3, showsDrivers: true }),
  figure('steering', '{ rate: 10/s, duration: 5s }', {
    steering: [
      { atMs: 1500, command: 'pause' },
      { atMs: 2500, command: 'resume' },
      { atMs: 4000, command: 'rate', scale: 2 },
    ],
  }),
  figure('shares', '{ stages: [ { to: 18/s, over: 3s }, { hold: 1s } ] }', {
    drivers: 3,
    showsDrivers: true,
  }),
]

export const loadOf = async (yaml: string): Promise<Load> => {
  const { scenario } = await parseScenarioText(yaml, 'pacing.yaml', {
    env: {},
    drawSeed: () => seed,
    readFile: () => Promise.reject(new Error('no files here')),
  })
  return scenario.load
}

/** Instants at which each driver starts an operation, as its own pacer says, in milliseconds of the run. */
export const startsOfDrivers = (load: Load, drivers: number, steering: readonly Steering[]): number[][] =>
  Array.from({ length: drivers }, (_, index) => {
    const pacer = createPacer(load, { index, of: drivers }, seed, steering)
    const starts: number[] = []
    for (;;) {
      const startMs = pacer.next(0, starts.length)
      if (startMs === Number.POSITIVE_INFINITY) return starts
      starts.push(startMs)
    }
  })

/** All drivers together, in order. */
export const startsTogether = (starts: readonly (readonly number[])[]): number[] =>
  starts.flat().sort((a, b) => a - b)

/** A request against the target of the picture: it answers after 150 ms, but nothing during its stall. */
export interface DrawnRequest {
  startMs: number
  endMs: number
  /** Of the connections, the lowest that was free. */
  row: number
}

export const stall = { fromMs: 1500, toMs: 2500 }
export const serviceMs = 150

const endOf = (startMs: number): number => {
  const endMs = startMs + serviceMs
  if (endMs <= stall.fromMs || startMs >= stall.toMs) return endMs
  return startMs >= stall.fromMs ? stall.toMs + serviceMs : endMs + (stall.toMs - stall.fromMs)
}

export const closedLoad = 'http: http://localhost:8080\nload: { avalanche: 2, duration: 4s }'
export const openLoad = 'http: http://localhost:8080\nload: { rate: 13/s, duration: 4s }'

/** Every start waits for an answer: so many rows as may be in flight, and the closed pacer's word on when to end. */
export const requestsOfClosed = (load: Load): DrawnRequest[] => {
  const pacer = createPacer(load, { index: 0, of: 1 }, seed, [])
  const freeMs = Array.from({ length: pacer.concurrency(0) }, () => 0)
  const requests: DrawnRequest[] = []
  for (;;) {
    const startMs = Math.min(...freeMs)
    const row = freeMs.indexOf(startMs)
    if (pacer.next(startMs, requests.length) > 0) return requests
    requests.push({ startMs, endMs: endOf(startMs), row })
    freeMs[row] = endOf(startMs)
  }
}

/** No start waits for anything. */
export const requestsOfOpen = (load: Load): DrawnRequest[] => {
  const freeMs: number[] = []
  return startsTogether(startsOfDrivers(load, 1, [])).map((startMs) => {
    const free = freeMs.findIndex((ms) => ms <= startMs)
    const row = free === -1 ? freeMs.length : free
    freeMs[row] = endOf(startMs)
    return { startMs, endMs: endOf(startMs), row }
  })
}

/** Those that took longer than the target does without a stall. */
export const countSlow = (requests: readonly DrawnRequest[]): number =>
  requests.filter(({ startMs, endMs }) => endMs - startMs > serviceMs + 1).length

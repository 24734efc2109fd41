import type { Load } from '../../scenario/scenario.ts'

/** So long an answer may take before connections beyond those opened ahead are needed. */
const expectedAnswerMs = 50

/** How many connections a driver opens before the start, of `connections` that it may: what its load will need at its peak. */
export const connectionsAhead = (load: Load, drivers: number, connections: number): number => {
  const expected =
    load.kind === 'avalanche'
      ? load.inFlight
      : Math.ceil((peakPerSecond(load, drivers) * expectedAnswerMs) / 1000)
  return Math.max(1, Math.min(connections, expected))
}

/** The most operations a second that one driver will start. */
const peakPerSecond = (load: Exclude<Load, { kind: 'avalanche' }>, drivers: number): number => {
  if (load.kind === 'tsunami') return 1000 / load.gapMs
  return peakOf(load) / (load.perDriver ? 1 : drivers)
}

const peakOf = (load: Exclude<Load, { kind: 'avalanche' | 'tsunami' }>): number => {
  switch (load.kind) {
    case 'rate':
      return load.perSecond
    case 'stages':
      return Math.max(load.fromPerSecond, ...load.stages.map(({ toPerSecond }) => toPerSecond))
    case 'spike':
      return Math.max(load.basePerSecond, load.peakPerSecond)
    case 'sine':
      return load.meanPerSecond + load.amplitudePerSecond
  }
}

import { formatRate } from '../../lib/rate.ts'
import type { Load, Scenario } from '../../scenario/scenario.ts'

/** The most that a load asks for a second, by itself; undefined: it asks as fast as answers come. */
const peakOf = (load: Load, drivers: number): number | undefined => {
  switch (load.kind) {
    case 'avalanche':
      return undefined
    case 'tsunami':
      return load.gapMs > 0 ? (1000 / load.gapMs) * drivers : undefined
    case 'rate':
      return load.perSecond * timesOf(load, drivers)
    case 'stages':
      return (
        Math.max(load.fromPerSecond, ...load.stages.map(({ toPerSecond }) => toPerSecond)) *
        timesOf(load, drivers)
      )
    case 'spike':
      return Math.max(load.basePerSecond, load.peakPerSecond) * timesOf(load, drivers)
    case 'sine':
      return (load.meanPerSecond + load.amplitudePerSecond) * timesOf(load, drivers)
  }
}

const timesOf = ({ perDriver }: { perDriver: boolean }, drivers: number): number => (perDriver ? drivers : 1)

/** What a share of the scenario's own load is: `= 450/s`, `= 900/s at its peak`; empty where nobody can say. */
export const scaledRateText = (
  { load, drivers }: Pick<Scenario, 'load' | 'drivers'>,
  scale: number | undefined,
): string => {
  const peak = peakOf(load, drivers)
  if (peak === undefined || scale === undefined) return ''
  const isSteady = load.kind === 'rate' || load.kind === 'tsunami'
  return `= ${formatRate(peak * scale)}${isSteady ? '' : ' at its peak'}`
}

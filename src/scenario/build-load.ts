import type { LoadData } from './load-schema.ts'
import { rateOf } from './quantities.ts'
import type { Load, LoadBounds, OpenLoadOptions, Stage } from './scenario.ts'
import { given } from './strict-map.ts'

const defaultMaxInFlight = 100_000

/** The load of a scenario that the schema has accepted. */
export const buildLoad = (data: LoadData): Load => {
  const bounds: LoadBounds = {
    ...given('durationMs', data.duration),
    ...given('requests', data.requests),
    ...given('requestsPerDriver', data.requestsPerDriver),
    maxInFlight: data.maxInFlight ?? defaultMaxInFlight,
  }
  const open: OpenLoadOptions = {
    ...bounds,
    arrivals: data.arrivals ?? 'uniform',
    perDriver: data.ratePerDriver !== undefined || data.stagesPerDriver !== undefined,
  }
  if (data.avalanche !== undefined) return { kind: 'avalanche', inFlight: data.avalanche, ...bounds }
  if (data.tsunami !== undefined) return { kind: 'tsunami', gapMs: data.tsunami, ...bounds }
  const stages = data.stages ?? data.stagesPerDriver
  if (stages !== undefined) {
    const fromPerSecond = data.from ?? 0
    return { kind: 'stages', fromPerSecond, stages: buildStages(fromPerSecond, stages), ...open }
  }
  if (data.spike !== undefined) {
    const { base, peak, every, lasting } = data.spike
    return {
      kind: 'spike',
      basePerSecond: base,
      peakPerSecond: rateOf(peak, base),
      everyMs: every,
      lastingMs: lasting,
      ...open,
    }
  }
  if (data.sine !== undefined) {
    const { mean, amplitude, period } = data.sine
    return {
      kind: 'sine',
      meanPerSecond: mean,
      amplitudePerSecond: rateOf(amplitude, mean),
      periodMs: period,
      ...open,
    }
  }
  return { kind: 'rate', perSecond: data.rate ?? data.ratePerDriver ?? 0, ...open }
}

type StagesData = NonNullable<LoadData['stages']>

/** A stage that only holds lengthens the one before it. */
const buildStages = (fromPerSecond: number, data: StagesData): Stage[] => {
  const stages: Stage[] = []
  for (const { to, over = 0, hold = 0 } of data) {
    const before = stages.at(-1)
    if (to !== undefined) stages.push({ toPerSecond: to, overMs: over, holdMs: hold })
    else if (before !== undefined) before.holdMs += hold
    else stages.push({ toPerSecond: fromPerSecond, overMs: 0, holdMs: hold })
  }
  return stages
}

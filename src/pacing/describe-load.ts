import { formatDuration } from '../lib/duration.ts'
import { formatRate } from '../lib/rate.ts'
import type { Load, Stage } from '../scenario/scenario.ts'

/** The load in words, for people: `500/s for 30 s, all 2 drivers together`. */
export const describeLoad = (load: Load, drivers: number): string => {
  const perDriver = load.kind === 'avalanche' || load.kind === 'tsunami' || load.perDriver
  const several = drivers > 1
  return [
    describeShape(load),
    several && perDriver ? ` on each of ${count(drivers)} drivers` : '',
    describeBounds(load, several),
    'arrivals' in load && load.arrivals === 'poisson' ? ', Poisson arrivals' : '',
    several && !perDriver ? `, all ${count(drivers)} drivers together` : '',
  ].join('')
}

const describeShape = (load: Load): string => {
  switch (load.kind) {
    case 'avalanche':
      return `${count(load.inFlight)} in flight`
    case 'tsunami':
      return `one request every ${formatDuration(load.gapMs)}`
    case 'rate':
      return formatRate(load.perSecond)
    case 'stages':
      return [
        ...(load.fromPerSecond > 0 ? [`from ${formatRate(load.fromPerSecond)}`] : []),
        ...load.stages.map(describeStage),
      ].join(', ')
    case 'spike':
      return `${formatRate(load.basePerSecond)} with ${formatRate(load.peakPerSecond)} in the last ${formatDuration(load.lastingMs)} of every ${formatDuration(load.everyMs)}`
    case 'sine':
      return `${formatRate(load.meanPerSecond)} +/- ${formatRate(load.amplitudePerSecond)} in waves of ${formatDuration(load.periodMs)}`
  }
}

const describeStage = ({ toPerSecond, overMs, holdMs }: Stage): string => {
  const hold = holdMs > 0 ? ` held for ${formatDuration(holdMs)}` : ''
  return overMs > 0
    ? `to ${formatRate(toPerSecond)} over ${formatDuration(overMs)}${hold}`
    : `${formatRate(toPerSecond)}${hold}`
}

const describeBounds = ({ durationMs, requests, requestsPerDriver }: Load, several: boolean): string => {
  const bounds = [
    ...(durationMs === undefined ? [] : [`for ${formatDuration(durationMs)}`]),
    ...(requests === undefined ? [] : [`for ${countRequests(requests)}${several ? ' in all' : ''}`]),
    ...(requestsPerDriver === undefined
      ? []
      : [`for ${countRequests(requestsPerDriver)}${several ? ' each' : ''}`]),
  ]
  return bounds.length === 0 ? '' : ` ${bounds.join(' or ')}`
}

const count = (number: number): string => number.toLocaleString('en-US')

const countRequests = (number: number): string => `${count(number)} request${number === 1 ? '' : 's'}`

import { parseDuration } from '../lib/duration.ts'
import { drawExponential, drawFraction, streamOf } from '../lib/random.ts'

/** How long an answer is held back. */
export type Delay =
  | { kind: 'fixed'; ms: number }
  | { kind: 'uniform'; minMs: number; maxMs: number }
  | { kind: 'exponential'; meanMs: number }
  /** What would be below 0 is 0. */
  | { kind: 'normal'; meanMs: number; deviationMs: number }
  /** Half of the answers are faster than the median; `sigma` is the deviation of the logarithm. */
  | { kind: 'lognormal'; medianMs: number; sigma: number }

export const delayForms = '20ms, 10ms..50ms, exp 20ms, normal 20ms 5ms or lognormal 20ms 1'

/** One of {@link delayForms}, or undefined where the text is none. */
export const parseDelay = (text: string): Delay | undefined => {
  const [word = '', ...rest] = text.trim().split(/\s+/)
  const [first, second] = rest.map(parseDuration)
  switch (word) {
    case 'exp':
      return rest.length === 1 && first !== undefined ? { kind: 'exponential', meanMs: first } : undefined
    case 'normal':
      if (rest.length !== 2 || first === undefined || second === undefined) return undefined
      return { kind: 'normal', meanMs: first, deviationMs: second }
    case 'lognormal': {
      const sigma = /^\d+(\.\d+)?$/.test(rest[1] ?? '') ? Number(rest[1]) : undefined
      if (rest.length !== 2 || first === undefined || sigma === undefined) return undefined
      return { kind: 'lognormal', medianMs: first, sigma }
    }
    default:
      return rest.length === 0 ? parseRange(word) : undefined
  }
}

const parseRange = (word: string): Delay | undefined => {
  const [from = '', to, ...more] = word.split('..')
  const minMs = parseDuration(from)
  if (minMs === undefined || more.length > 0) return undefined
  if (to === undefined) return { kind: 'fixed', ms: minMs }
  const maxMs = parseDuration(to)
  return maxMs === undefined || maxMs < minMs ? undefined : { kind: 'uniform', minMs, maxMs }
}

const stream = streamOf('target delay')
const angleStream = streamOf('target delay angle')

/** The delay of answer `index`. */
export const drawDelayMs = (delay: Delay, seed: number, index: number): number => {
  switch (delay.kind) {
    case 'fixed':
      return delay.ms
    case 'uniform':
      return delay.minMs + drawFraction(seed, stream, index) * (delay.maxMs - delay.minMs)
    case 'exponential':
      return delay.meanMs * drawExponential(seed, stream, index)
    case 'normal':
      return Math.max(0, delay.meanMs + delay.deviationMs * drawNormal(seed, index))
    case 'lognormal':
      return delay.medianMs * Math.exp(delay.sigma * drawNormal(seed, index))
  }
}

/** Mean 0, deviation 1 (Box and Muller, 1958). */
const drawNormal = (seed: number, index: number): number =>
  Math.sqrt(2 * drawExponential(seed, stream, index)) *
  Math.cos(2 * Math.PI * drawFraction(seed, angleStream, index))

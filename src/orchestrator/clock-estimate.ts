import type { ClockEstimate } from './run-state.ts'

/**
 * How a driver's clock differs from ours, from exchanges of four instants as NTP has them (RFC 5905, section 8): `presence` sent
 * and received, heartbeat sent and received. Each gives an offset that is off by half its round trip at most, so the
 * exchange with the shortest round trip of the last half minute is believed.
 */
export interface ClockExchange {
  /** Ours. */
  presenceSentMs: number
  /** The driver's. */
  presenceReceivedMs: number
  /** The driver's. */
  heartbeatSentMs: number
  /** Ours. */
  heartbeatReceivedMs: number
}

interface Sample {
  offsetMs: number
  roundTripMs: number
}

/** Newest last. */
export type ClockSamples = readonly Sample[]

const keptSamples = 30

/** Instants are whole milliseconds. */
const readingErrorMs = 1

/** Two clocks drift apart by so much within half a minute, at worst. */
const driftMs = 10

/**
 * What was known before holds no more where a clock was set since: an exchange with a negative round trip tells that it
 * was in between, one whose offset contradicts an earlier one that it was before.
 */
export const addExchange = (samples: ClockSamples, exchange: ClockExchange): ClockSamples => {
  const { presenceSentMs, presenceReceivedMs, heartbeatSentMs, heartbeatReceivedMs } = exchange
  const roundTripMs = heartbeatReceivedMs - presenceSentMs - (heartbeatSentMs - presenceReceivedMs)
  if (roundTripMs < -2 * readingErrorMs) return []
  const offsetMs = (presenceReceivedMs - presenceSentMs + (heartbeatSentMs - heartbeatReceivedMs)) / 2
  const sample = { offsetMs, roundTripMs: Math.max(0, roundTripMs) }
  if (!samples.every((earlier) => agree(earlier, sample))) return [sample]
  return [...samples.slice(1 - keptSamples), sample]
}

/** There is an offset that both could have seen. */
const agree = (a: Sample, b: Sample): boolean =>
  Math.abs(a.offsetMs - b.offsetMs) <= (a.roundTripMs + b.roundTripMs) / 2 + 2 * readingErrorMs + driftMs

export const estimateClock = (samples: ClockSamples): ClockEstimate | null => {
  let best: Sample | undefined
  for (const sample of samples)
    if (best === undefined || sample.roundTripMs <= best.roundTripMs) best = sample
  if (best === undefined) return null
  return { offsetMs: best.offsetMs, uncertaintyMs: best.roundTripMs / 2 + readingErrorMs }
}

/** An offset that is smaller than what it may be off by says nothing: such clocks are taken as equal. */
export const knownOffsetMs = (clock: ClockEstimate | null): number =>
  clock === null || Math.abs(clock.offsetMs) <= clock.uncertaintyMs ? 0 : clock.offsetMs

import type { TriggerMessage } from '../bus/messages.ts'

/** A message takes longer than this only on a bad day. */
const longestDelayMs = 1000

/** `clockAheadMs`: how far this driver's clock is ahead, at most, as it has seen itself; undefined where it has not. */
export interface OwnView {
  nodeId: string
  nowMs: number
  clockAheadMs: number | undefined
}

/**
 * How much our wall clock is ahead of the orchestrator's: as that tells it in the trigger, where nothing is told not at all.
 * What we have seen ourselves goes before where the two cannot both be true: a clock was set, or the orchestrator has
 * not heard enough of us. Undefined where nothing was seen: what is told may be of before our clock was set.
 */
export const clockAheadOf = (
  { clock_offsets_ms: offsets }: TriggerMessage,
  { nodeId, clockAheadMs }: OwnView,
): number | undefined => {
  if (clockAheadMs === undefined) return undefined
  const aheadMs = offsets?.[nodeId] ?? 0
  const isPossible = aheadMs <= clockAheadMs + longestDelayMs && aheadMs >= clockAheadMs - longestDelayMs
  return isPossible ? aheadMs : clockAheadMs
}

/**
 * The start instant by this driver's wall clock, epoch milliseconds; it may be past. `start_at` is by the orchestrator's
 * clock. Whatever the clocks show, the start is no further ahead than it was when the trigger was sent: without that a
 * driver whose clock is behind would wait for hours. Where nothing is known of them, the trigger is taken to come at once.
 */
export const startOf = (trigger: TriggerMessage, view: OwnView): number => {
  const { start_at: startAtMs, issued_at: issuedMs } = trigger
  const { nowMs } = view
  if (startAtMs === undefined) return nowMs
  const aheadMs = clockAheadOf(trigger, view)
  if (issuedMs === undefined) return startAtMs + (aheadMs ?? 0)
  const soonestMs = nowMs + Math.max(0, startAtMs - issuedMs)
  return aheadMs === undefined ? soonestMs : Math.min(startAtMs + aheadMs, soonestMs)
}

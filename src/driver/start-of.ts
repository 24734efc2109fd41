import type { TriggerMessage } from '../bus/messages.ts'

/**
 * The start instant by this driver's wall clock, epoch milliseconds; it may be past. `start_at` is by the orchestrator's
 * clock: `clock_offsets_ms` maps it where the clocks are known to differ. Whatever they show, the start is no further
 * ahead than it was when the trigger was sent: without that a driver whose clock is behind would wait for hours.
 */
export const startOf = (trigger: TriggerMessage, nodeId: string, nowMs: number): number => {
  const { start_at: startAtMs, issued_at: issuedMs, clock_offsets_ms: offsets } = trigger
  if (startAtMs === undefined) return nowMs
  const mappedMs = startAtMs + (offsets?.[nodeId] ?? 0)
  return issuedMs === undefined ? mappedMs : Math.min(mappedMs, nowMs + Math.max(0, startAtMs - issuedMs))
}

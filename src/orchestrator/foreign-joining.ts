import type { HeartbeatMessage, MetricsMessage } from '../bus/messages.ts'
import { type DriverProgress, newDriverProgress } from './driver-progress.ts'
import { newForeignProgress } from './foreign-progress.ts'
import type { RunState } from './run-state.ts'

/**
 * Drivers written by others register late or never, and begin at any trigger that they hear: a run may learn of them when it
 * is triggered, or by what they say of it.
 */

/** More join no run: their ids may be made up. */
export const maxForeignDrivers = 1000

/** Whether the sender, no driver of the run yet, becomes one: it speaks only the brief, and of this run. */
export const mayJoin = (
  state: RunState,
  message: { test_id?: string | undefined; protocol?: string | undefined },
): boolean => {
  if (message.protocol !== undefined || message.test_id !== state.id) return false
  if (state.phase === 'finished' || state.drivers.size === 0) return false
  let foreign = 0
  for (const driver of state.drivers.values()) if (driver.isForeign) foreign++
  return foreign < maxForeignDrivers
}

/** Those that came after the drivers had been chosen and hear the trigger too. */
export const withNewcomers = (
  { drivers }: RunState,
  ids: readonly string[],
  nowMs: number,
): { drivers: RunState['drivers'] } => {
  const all = new Map(drivers)
  for (const id of ids.slice(0, maxForeignDrivers))
    if (!all.has(id))
      all.set(id, { ...newForeignDriver(id, nowMs), foreign: newForeignProgress(nowMs, true) })
  return { drivers: all }
}

const newForeignDriver = (id: string, nowMs: number): DriverProgress =>
  newDriverProgress({ id, pid: null, isAbsent: false, isForeign: true, clock: null }, null, nowMs)

/** The sender of a message as a new driver of the run, where it may join. */
export const joinerOf = (
  state: RunState,
  message: HeartbeatMessage | MetricsMessage,
  nowMs: number,
): DriverProgress | undefined => {
  if (!mayJoin(state, message)) return undefined
  const driver = newForeignDriver(message.node_id, nowMs)
  const foreign = newForeignProgress(nowMs, true)
  return state.startAtMs === null
    ? { ...driver, phase: 'ready', foreign }
    : { ...driver, phase: 'running', foreign: { ...foreign, beganMs: nowMs } }
}

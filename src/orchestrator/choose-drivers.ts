import { AppError } from '../lib/errors.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { availableMembers, isAlive, type Member, type Members } from './members.ts'
import { type ChosenDriver, lostAfterMs } from './run-state.ts'

/**
 * Who carries the next run. `taken`: ids of drivers that other runs hold, whatever they say of themselves yet.
 *
 *   chosen    enough are free
 *   busy      enough are there, and others must finish first: worth waiting for
 *   missing   fewer are there than are asked for
 */
export type Choice =
  | { kind: 'chosen'; drivers: ChosenDriver[] }
  | { kind: 'busy' | 'missing'; free: Member[] }

export const chooseDrivers = (
  members: Members,
  taken: ReadonlySet<string>,
  { drivers }: Scenario,
  nowMs: number,
): Choice => {
  const free = availableMembers(members, nowMs, lostAfterMs).filter(({ id }) => !taken.has(id))
  if (free.length >= drivers) return { kind: 'chosen', drivers: free.slice(0, drivers).map(asChosen) }
  const alive = [...members.values()].filter((member) => isAlive(member, nowMs, lostAfterMs))
  return { kind: alive.length >= drivers ? 'busy' : 'missing', free }
}

/** Those that are free, and a placeholder for each that is missing. Throws DRIVERS_MISSING where the scenario wants more. */
export const chooseFewer = (free: readonly Member[], { drivers, start }: Scenario): ChosenDriver[] => {
  if (free.length < Math.min(start.atLeast, drivers) || free.length === 0)
    throw new AppError(
      'DRIVERS_MISSING',
      `The scenario asks for ${drivers} drivers; within ${start.deadlineMs / 1000} s ${free.length} registered.`,
    )
  const chosen = free.slice(0, drivers).map(asChosen)
  for (let i = chosen.length; i < drivers; i++)
    chosen.push({ id: `absent-${i + 1}`, pid: null, isAbsent: true, isForeign: false, clock: null })
  return chosen
}

const asChosen = ({ id, pid, protocol, clock }: Member): ChosenDriver => ({
  id,
  pid,
  isAbsent: false,
  isForeign: protocol === null,
  clock,
})

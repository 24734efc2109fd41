import { AppError } from '../lib/errors.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { compatibilityOf } from './compatibility.ts'
import { foreignFaultsOf, isSharedByCount } from './foreign-load.ts'
import { availableMembers, isAlive, isForeign, type Member, type Members } from './members.ts'
import { type ChosenDriver, lostAfterMs } from './run-state.ts'

/**
 * Who carries the next run: so many of ours as it asks for, and every driver written by others that is present, because
 * these cannot be addressed and begin at any trigger. Where the load is so many requests on each driver, they count
 * among the drivers asked for; otherwise their load comes on top.
 *
 *   chosen      enough are free; `notes`: sentences for the result
 *   busy        enough are there, and others must finish first: worth waiting for
 *   missing     fewer are there than are asked for
 *   unsuitable  drivers written by others are present and would do something else: UNSUITABLE_DRIVERS
 */
export type Cast =
  | { kind: 'chosen'; drivers: ChosenDriver[]; notes: string[] }
  /** `needed`: of ours. */
  | {
      kind: 'busy' | 'missing'
      free: Member[]
      foreign: Member[]
      /** They are there, and get no share. */
      disputed: Member[]
      needed: number
      notes: string[]
    }
  | { kind: 'unsuitable'; error: AppError }

/** `taken`: ids of drivers that other runs hold, whatever they say of themselves yet. */
export const castOf = (
  members: Members,
  taken: ReadonlySet<string>,
  scenario: Scenario,
  nowMs: number,
  ourVersion: string,
): Cast => {
  const error = refusalOf(members, scenario, nowMs)
  if (error !== undefined) return { kind: 'unsuitable', error }
  const foreign = foreignMembers(members, nowMs)
  const needed = Math.max(0, scenario.drivers - (isSharedByCount(scenario.load) ? foreign.length : 0))
  const isOurs = (member: Member): boolean => {
    const { kind } = compatibilityOf(member, ourVersion)
    return kind === 'same' || kind === 'otherVersion'
  }
  const free = availableMembers(members, nowMs, lostAfterMs).filter(
    (member) => isOurs(member) && !taken.has(member.id),
  )
  const chosen = [...free.slice(0, needed), ...foreign]
  const notes = notesOn(chosen, scenario, ourVersion)
  const disputed = [...members.values()].filter(
    (member) => member.isDisputed && isAlive(member, nowMs, lostAfterMs),
  )
  const short = { free, foreign, disputed, needed, notes }
  if (foreign.some(({ id }) => taken.has(id))) return { kind: 'busy', ...short }
  if (free.length >= needed) return { kind: 'chosen', drivers: chosen.map(asChosen), notes }
  const alive = [...members.values()].filter(
    (member) => isOurs(member) && !member.isDisputed && isAlive(member, nowMs, lostAfterMs),
  )
  return { kind: alive.length >= needed ? 'busy' : 'missing', ...short }
}

/** Those that are free, and a placeholder for each of ours that is missing. Throws DRIVERS_MISSING where the scenario wants more. */
export const castFewer = (
  { free, foreign, disputed, needed }: Extract<Cast, { kind: 'busy' | 'missing' }>,
  { drivers, start }: Scenario,
): ChosenDriver[] => {
  const counted = drivers - needed
  if (free.length + counted < Math.min(start.atLeast, drivers) || free.length + foreign.length === 0)
    throw new AppError(
      'DRIVERS_MISSING',
      `The scenario asks for ${drivers} ${drivers === 1 ? 'driver' : 'drivers'}; within ${start.deadlineMs / 1000} s ${free.length + counted} registered.${
        disputed.length === 0
          ? ''
          : ` Two processes say that they have the id ${disputed.map(({ id }) => id).join(', ')}: neither counts.`
      }`,
    )
  const chosen = free.slice(0, needed).map(asChosen)
  for (let i = chosen.length; i < needed; i++)
    chosen.push({ id: `absent-${i + 1}`, pid: null, isAbsent: true, isForeign: false, clock: null })
  return [...chosen, ...foreign.map(asChosen)]
}

/**
 * UNSUITABLE_DRIVERS where drivers written by others are present that would make another load of this scenario, unless it
 * says `start.force`. To be asked before the configuration is sent, and again before the trigger: one may have come.
 */
export const refusalOf = (members: Members, scenario: Scenario, nowMs: number): AppError | undefined => {
  if (scenario.start.force) return undefined
  const faults = foreignFaultsOf(scenario)
  if (faults.length === 0) return undefined
  const present = foreignMembers(members, nowMs)
  if (present.length === 0) return undefined
  return new AppError(
    'UNSUITABLE_DRIVERS',
    `${nameDrivers(present.map(({ id }) => id))} written by others begin at any trigger and cannot carry out this load: ${faults.join('; ')}.`,
  )
}

const maxNamed = 5

const nameDrivers = (ids: readonly string[]): string => {
  const named = ids.slice(0, maxNamed).join(', ')
  const more = ids.length > maxNamed ? ` and ${ids.length - maxNamed} more` : ''
  return `${ids.length === 1 ? 'Driver' : 'Drivers'} ${named}${more}`
}

/** Drivers written by others that are there: with or without a part in a run, they begin at its trigger. */
export const foreignIdsOf = (members: Members, nowMs: number): string[] =>
  foreignMembers(members, nowMs).map(({ id }) => id)

/** Also those of which two have one id: whoever hears a trigger begins. */
const foreignMembers = (members: Members, nowMs: number): Member[] =>
  [...members.values()].filter((member) => isForeign(member) && isAlive(member, nowMs, lostAfterMs))

const notesOn = (chosen: readonly Member[], scenario: Scenario, ourVersion: string): string[] => {
  const notes = chosen.flatMap((member) => {
    const compatibility = compatibilityOf(member, ourVersion)
    return compatibility.kind === 'otherVersion' ? [compatibility.text] : []
  })
  const foreign = chosen.filter(isForeign)
  const faults = foreign.length === 0 ? [] : foreignFaultsOf(scenario)
  if (faults.length > 0)
    notes.push(
      `Forced with ${nameDrivers(foreign.map(({ id }) => id)).toLowerCase()} written by others, although ${faults.join('; ')}.`,
    )
  return notes
}

const asChosen = (member: Member): ChosenDriver => ({
  id: member.id,
  pid: member.pid,
  isAbsent: false,
  isForeign: isForeign(member),
  clock: member.clock,
})

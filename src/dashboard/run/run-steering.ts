import type { RunPhase, SteeringRecord } from '../../results/run-result.ts'
import { isWaiting } from './run-now.ts'

/**
 * A command on its way, from the button to the run's own record of it. One slot for each place where one is given (rate,
 * pause and resume, stop, trigger); pure.
 *
 *   slot         press               confirm   cancel   refused, unanswered   heard
 *   idle         asked; confirming   –         –        –                     –
 *                if it is grave*
 *   confirming   as idle             asked     idle     –                     idle when the run is over
 *   asked        as idle: the newer  –         –        refused, unanswered,  idle when its record is there, or the run
 *                                                       if it is its own      is over
 *   refused      as idle             –         idle     –                     idle when the run is over
 *   unanswered   as idle             –         idle     –                     as asked; and idle when the view is live
 *                                                                             again: then the record says what is so
 *
 *   * see {@link isGrave}; a stop that was asked for is asked for again without a question
 */
export type Slot =
  | { kind: 'idle' }
  | { kind: 'confirming'; command: Command; scale: number | null }
  | ({ kind: 'asked' } & Ask)
  | { kind: 'refused'; command: Command; why: string; hint: string }
  /** Nobody knows whether it arrived. `isCut`: the view has been stale since. */
  | ({ kind: 'unanswered'; isCut: boolean } & Ask)

export type Command = SteeringRecord['command'] | 'trigger'

export interface Ask {
  /** Which request it was: an answer to an older one says nothing of this. */
  ticket: number
  command: Command
  /** Of `rate`. */
  scale: number | null
  /** What the load is multiplied by when it is pressed. */
  from: number
  /** Epoch: when it was pressed. */
  atMs: number
  /** Records that were there by then: none of them is the answer. */
  seen: number
}

export type SlotEvent =
  | { type: 'press'; ask: Ask }
  | { type: 'confirm'; ask: Ask }
  | { type: 'cancel' }
  | { type: 'refused'; ticket: number; why: string; hint: string }
  | { type: 'unanswered'; ticket: number; isLive: boolean }
  | { type: 'heard'; steering: readonly SteeringRecord[]; state: RunPhase; isLive: boolean }

export const idle: Slot = { kind: 'idle' }

/** More than so many times the load that runs is asked about first. */
const mostTimes = 10

/** What cannot be taken back, or may do harm before it is: the end of a run, and a load of another size. */
export const isGrave = ({ command, scale, from }: Pick<Ask, 'command' | 'scale' | 'from'>): boolean =>
  command === 'stop' || (command === 'rate' && scale !== null && scale > from * mostTimes)

export const stepSlot = (slot: Slot, event: SlotEvent): Slot => {
  switch (event.type) {
    case 'press': {
      const { ask } = event
      const isAgain = slot.kind === 'asked' && ask.command === 'stop'
      return isGrave(ask) && !isAgain
        ? { kind: 'confirming', command: ask.command, scale: ask.scale }
        : { kind: 'asked', ...ask }
    }
    case 'confirm':
      return slot.kind === 'confirming' ? { kind: 'asked', ...event.ask } : slot
    case 'cancel':
      return slot.kind === 'asked' ? slot : idle
    case 'refused':
      return slot.kind === 'asked' && slot.ticket === event.ticket
        ? { kind: 'refused', command: slot.command, why: event.why, hint: event.hint }
        : slot
    case 'unanswered':
      return slot.kind === 'asked' && slot.ticket === event.ticket
        ? { ...slot, kind: 'unanswered', isCut: !event.isLive }
        : slot
    case 'heard':
      if (slot.kind === 'idle') return slot
      if (event.state === 'finished') return idle
      if (slot.kind !== 'asked' && slot.kind !== 'unanswered') return slot
      if (isAnswered(slot, event)) return idle
      if (slot.kind === 'asked') return slot
      if (event.isLive) return slot.isCut ? idle : slot
      return slot.isCut ? slot : { ...slot, isCut: true }
  }
}

const isAnswered = (ask: Ask, { steering, state }: Extract<SlotEvent, { type: 'heard' }>): boolean => {
  if (ask.command === 'trigger') return !isWaiting(state)
  if (ask.command === 'stop' && state === 'finishing') return true
  return steering.slice(ask.seen).some(({ command, scale }) => command === ask.command && scale === ask.scale)
}

/** A tenth more or less, as the keys of the terminal do it; three digits are enough for a person. */
export const steppedScale = (scale: number, direction: 'faster' | 'slower'): number =>
  clampScale(Number((direction === 'faster' ? scale * 1.1 : scale / 1.1).toPrecision(3)))

const leastScale = 1e-6
/** As the API has it. */
export const mostScale = 1000
const clampScale = (scale: number): number => Math.min(mostScale, Math.max(leastScale, scale))

/** What was typed, in percent of the scenario's own load: `150`, `12.5 %`. Undefined: no such share. */
export const parseScale = (text: string): number | undefined => {
  const match = /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*%?\s*$/.exec(text)
  const scale = Number(match?.[1]) / 100
  return scale >= leastScale && scale <= mostScale ? Number(scale.toPrecision(12)) : undefined
}

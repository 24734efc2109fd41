import type { RunPhase, SteeringRecord } from '../../results/run-result.ts'
import { isWaiting } from './run-now.ts'

/**
 * A command on its way, from the button to the run's own record of it. One slot for each place where one is given (rate,
 * pause and resume, stop, trigger); pure.
 *
 *   slot         press               confirm   cancel   refused          heard
 *   idle         asked, or           –         –        –                –
 *                confirming (stop)
 *   confirming   –                   asked     idle     –                idle when the run is over
 *   asked        asked: the newer    –         –        refused, if it   idle when its record is there,
 *                                                       is its own       or the run is over
 *   refused      as idle             –         idle     –                idle when the run is over
 */
export type Slot =
  | { kind: 'idle' }
  | { kind: 'confirming' }
  | ({ kind: 'asked' } & Ask)
  | { kind: 'refused'; command: Command; why: string; hint: string }

export type Command = SteeringRecord['command'] | 'trigger'

export interface Ask {
  /** Which request it was: an answer to an older one says nothing of this. */
  ticket: number
  command: Command
  /** Of `rate`. */
  scale: number | null
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
  | { type: 'heard'; steering: readonly SteeringRecord[]; state: RunPhase }

export const idle: Slot = { kind: 'idle' }

export const stepSlot = (slot: Slot, event: SlotEvent): Slot => {
  switch (event.type) {
    case 'press':
      if (slot.kind === 'confirming') return slot
      return event.ask.command === 'stop' && slot.kind !== 'asked'
        ? { kind: 'confirming' }
        : { kind: 'asked', ...event.ask }
    case 'confirm':
      return slot.kind === 'confirming' ? { kind: 'asked', ...event.ask } : slot
    case 'cancel':
      return slot.kind === 'confirming' || slot.kind === 'refused' ? idle : slot
    case 'refused':
      return slot.kind === 'asked' && slot.ticket === event.ticket
        ? { kind: 'refused', command: slot.command, why: event.why, hint: event.hint }
        : slot
    case 'heard':
      if (slot.kind === 'idle') return slot
      if (event.state === 'finished') return idle
      return slot.kind === 'asked' && isAnswered(slot, event) ? idle : slot
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
const mostScale = 1e6
const clampScale = (scale: number): number => Math.min(mostScale, Math.max(leastScale, scale))

/** What was typed, in percent of the scenario's own load: `150`, `12.5 %`. Undefined: no such share. */
export const parseScale = (text: string): number | undefined => {
  const match = /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*%?\s*$/.exec(text)
  const scale = Number(match?.[1]) / 100
  return scale >= leastScale && scale <= mostScale ? Number(scale.toPrecision(12)) : undefined
}

import type { HeartbeatMessage, RegisterMessage } from '../bus/messages.ts'
import { addExchange, type ClockSamples, estimateClock, knownOffsetMs } from './clock-estimate.ts'
import type { ClockEstimate } from './run-state.ts'

/** The drivers that the orchestrator knows, whether or not they are in a run. Immutable; a pure fold. */
export type Members = ReadonlyMap<string, Member>

export interface Member {
  id: string
  address: string
  version: string
  /** As it said when it registered, or in its first heartbeat; null for a driver that speaks only the brief. */
  protocol: string | null
  pid: number | null
  cores: number | null
  /** As it last said. */
  state: HeartbeatMessage['state'] | 'registered'
  /** The run that its state speaks of. */
  testId: string | null
  lastHeardMs: number
  /** How long its latest heartbeats took to arrive, newest last; empty where clocks differ in a way not known. */
  delaysMs: readonly number[]
  clockSamples: ClockSamples
  clock: ClockEstimate | null
  /** Another process says that it has this id; neither can be trusted with a share. See {@link Dispute}. */
  isDisputed: boolean
  dispute: Dispute | null
}

/**
 * Two processes with one id send twice as many heartbeats as one. A dispute is over when, for so long, no more came than one
 * process sends.
 */
export interface Dispute {
  /** When the present count began. */
  sinceMs: number
  heartbeats: number
}

const disputeMs = 10_000

/** One process says one a second, and a few more as its state changes. */
const mostHeartbeatsOfOne = 15

/** A hiccup of the bus is forgotten after so many heartbeats. */
const keptDelays = 10

/** A longer delay is no delay: a clock is wrong, or the heartbeat waited for a broker. */
const longestDelayMs = 1000

/** A member that has been silent for so long is forgotten. */
const forgottenAfterMs = 600_000

/**
 * A registration seen again refreshes, it never adds a second member. Two that contradict each other within
 * `aliveMs` are two processes with one id.
 */
export const registerMember = (
  members: Members,
  message: RegisterMessage,
  heardMs: number,
  aliveMs: number,
): Members => {
  const known = members.get(message.node_id)
  const pid = message.pid ?? null
  const isSomebodyElse =
    known !== undefined &&
    // The address of a driver written by others is often a constant, and it may register again and again.
    message.protocol !== undefined &&
    known.address !== '' &&
    heardMs - known.lastHeardMs < aliveMs &&
    (known.pid !== pid || known.address !== message.node_IP)
  return withMember(members, {
    ...(known ?? newMember(message.node_id)),
    address: message.node_IP,
    version: message.version ?? '',
    protocol: message.protocol ?? null,
    pid,
    cores: message.cores ?? null,
    lastHeardMs: Math.max(known?.lastHeardMs ?? heardMs, heardMs),
    ...(isSomebodyElse ? { isDisputed: true, dispute: { sinceMs: heardMs, heartbeats: 0 } } : {}),
  })
}

/** `orchestratorId`: ours; what a driver heard of another orchestrator says nothing about our clock. */
export const hearMember = (
  members: Members,
  message: HeartbeatMessage,
  nowMs: number,
  orchestratorId: string,
): Members => {
  const known = members.get(message.node_id)
  if (message.state === 'leaving') {
    if (known === undefined) return members
    const left = new Map(members)
    left.delete(message.node_id)
    return left
  }
  const before = known ?? { ...newMember(message.node_id), protocol: message.protocol ?? null }
  const { heard, timestamp_ms: sentMs } = message
  const clockSamples =
    heard === undefined || heard.orchestrator_id !== orchestratorId || sentMs === undefined
      ? before.clockSamples
      : addExchange(before.clockSamples, {
          presenceSentMs: heard.issued_at,
          presenceReceivedMs: heard.received_at,
          heartbeatSentMs: sentMs,
          heartbeatReceivedMs: nowMs,
        })
  const clock = clockSamples === before.clockSamples ? before.clock : estimateClock(clockSamples)
  const delayMs = sentMs === undefined ? 0 : nowMs - (sentMs - knownOffsetMs(clock))
  return withMember(members, {
    ...before,
    state: message.state ?? before.state,
    testId: message.test_id ?? null,
    lastHeardMs: Math.max(before.lastHeardMs, nowMs),
    delaysMs:
      delayMs > 0 && delayMs < longestDelayMs
        ? [...before.delaysMs.slice(1 - keptDelays), delayMs]
        : before.delaysMs,
    clockSamples,
    clock,
    ...foldDispute(before.dispute, nowMs),
  })
}

const foldDispute = (
  dispute: Dispute | null,
  nowMs: number,
): { isDisputed: boolean; dispute: Dispute | null } => {
  if (dispute === null) return { isDisputed: false, dispute }
  const heartbeats = dispute.heartbeats + 1
  if (nowMs - dispute.sinceMs < disputeMs) return { isDisputed: true, dispute: { ...dispute, heartbeats } }
  const isOver = heartbeats <= mostHeartbeatsOfOne
  return { isDisputed: !isOver, dispute: isOver ? null : { sinceMs: nowMs, heartbeats: 0 } }
}

const newMember = (id: string): Member => ({
  id,
  address: '',
  version: '',
  protocol: null,
  pid: null,
  cores: null,
  state: 'registered',
  testId: null,
  lastHeardMs: Number.NEGATIVE_INFINITY,
  delaysMs: [],
  clockSamples: [],
  clock: null,
  isDisputed: false,
  dispute: null,
})

const withMember = (members: Members, member: Member): Members => new Map(members).set(member.id, member)

/** How long a message to or from one of these may take, by what was seen lately. */
export const longestDelayOf = (members: Iterable<Member>): number => {
  let longestMs = 0
  for (const { delaysMs } of members) longestMs = Math.max(longestMs, ...delaysMs)
  return longestMs
}

export const isForeign = (member: Member): boolean => member.protocol === null

export const isAlive = (member: Member, nowMs: number, lostAfterMs: number): boolean =>
  nowMs - member.lastHeardMs < lostAfterMs

/** Free for a run, the longest known first. */
export const availableMembers = (members: Members, nowMs: number, lostAfterMs: number): Member[] =>
  [...members.values()].filter(
    (member) =>
      (member.state === 'idle' || member.state === 'registered' || member.state === 'rejected') &&
      !member.isDisputed &&
      isAlive(member, nowMs, lostAfterMs),
  )

/** Without those that have been silent for so long; left out: that nobody asks for them any more. */
export const forgetSilent = (members: Members, nowMs: number, silentMs = forgottenAfterMs): Members => {
  const kept = [...members].filter(([, member]) => nowMs - member.lastHeardMs < silentMs)
  return kept.length === members.size ? members : new Map(kept)
}

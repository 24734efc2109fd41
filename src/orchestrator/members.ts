import type { HeartbeatMessage, RegisterMessage } from '../bus/messages.ts'

/** The drivers that the orchestrator knows, whether or not they are in a run. Immutable; a pure fold. */
export type Members = ReadonlyMap<string, Member>

export interface Member {
  id: string
  address: string
  version: string
  pid: number | null
  cores: number | null
  /** As it last said. */
  state: HeartbeatMessage['state'] | 'registered'
  lastHeardMs: number
  /** The longest that a heartbeat took to arrive; 0 where clocks differ. */
  delayMs: number
}

/** A registration seen again refreshes, it never adds a second member. */
export const registerMember = (members: Members, message: RegisterMessage, nowMs: number): Members => {
  const known = members.get(message.node_id)
  return new Map(members).set(message.node_id, {
    id: message.node_id,
    address: message.node_IP,
    version: message.version ?? '',
    pid: message.pid ?? null,
    cores: message.cores ?? null,
    state: known?.state ?? 'registered',
    lastHeardMs: nowMs,
    delayMs: known?.delayMs ?? 0,
  })
}

export const hearMember = (members: Members, message: HeartbeatMessage, nowMs: number): Members => {
  const known = members.get(message.node_id)
  if (message.state === 'leaving') {
    if (known === undefined) return members
    const left = new Map(members)
    left.delete(message.node_id)
    return left
  }
  const delayMs = message.timestamp_ms === undefined ? 0 : nowMs - message.timestamp_ms
  return new Map(members).set(message.node_id, {
    id: message.node_id,
    address: known?.address ?? '',
    version: known?.version ?? '',
    pid: known?.pid ?? null,
    cores: known?.cores ?? null,
    state: message.state ?? known?.state ?? 'registered',
    lastHeardMs: nowMs,
    // A clock that runs ahead gives a negative delay, one far behind a huge one: neither is a delay.
    delayMs: delayMs > 0 && delayMs < 1000 ? Math.max(known?.delayMs ?? 0, delayMs) : (known?.delayMs ?? 0),
  })
}

/** Free for a run, the longest known first. */
export const availableMembers = (members: Members, nowMs: number, lostAfterMs: number): Member[] =>
  [...members.values()].filter(
    (member) =>
      (member.state === 'idle' || member.state === 'registered' || member.state === 'rejected') &&
      nowMs - member.lastHeardMs < lostAfterMs,
  )

import type { BusMessage } from './bus.ts'
import {
  type Fields,
  fieldsOf,
  firstGiven,
  readCount,
  readId,
  readInstantMs,
  readNumber,
  readQuantity,
  readText,
  readTruth,
} from './tolerant-values.ts'
import type { Topic } from './topics.ts'

/**
 * Reads what nodes say that know only the brief, in the many ways in which they say it, as one of our messages. The rules
 * and the variants are listed in `docs/wire.md`. Fields beyond the brief are taken only where they are known from others:
 * a node that means ours says so with `protocol`.
 */

/** What units such nodes mean where the brief leaves it open, or where they are known not to follow it. */
export interface PeerUnits {
  /** Of `test_message_delay`. */
  delay: 's' | 'ms'
  /** Of the latencies in `metrics`. */
  latency: 'ms' | 's'
}

export const usualPeerUnits: PeerUnits = { delay: 's', latency: 'ms' }

/** What the bus says of a message: its place is an identity, its time a timestamp, for those that have none. */
export type RecordFacts = Pick<BusMessage, 'partition' | 'offset' | 'timestampMs'>

export interface PeerContext {
  record: RecordFacts | undefined
  units: PeerUnits
}

/** A draft for the topic's schema to judge, or the field without which the message is none. */
export type Draft = { draft: Record<string, unknown> } | { missing: string }

type Reader = (field: Fields, context: PeerContext) => Draft

/** The topics on which others speak; what comes on the rest comes from ours. */
export const peerReaders: Partial<Record<Topic, Reader>> = {
  register: (field) => {
    const type = readText(field('message_type'), 100)
    if (type !== undefined && canonicalWord(type) !== 'DRIVER_NODE_REGISTER')
      return { missing: 'message_type' }
    return {
      draft: {
        node_id: readId(field('node_id')),
        node_IP: readText(field('node_IP'), 200) ?? '',
        message_type: 'DRIVER_NODE_REGISTER',
      },
    }
  },

  test_config: (field, { record, units }) => {
    const delay = readQuantity(field('test_message_delay'))
    const delayMs = readQuantity(field('delay_ms')) ?? (delay ?? 0) * (units.delay === 's' ? 1000 : 1)
    const type = readText(field('test_type'), 100)
    return {
      draft: given({
        test_id: readId(field('test_id')),
        test_type: type === undefined ? undefined : canonicalWord(type),
        test_message_delay: delayMs / 1000,
        message_count_per_driver: readCount(field('message_count_per_driver')) ?? 0,
        delay_ms: delayMs,
        target_url: readText(firstGiven([field], ['target_url', 'target_server_ip', 'target_server']), 4096),
        method: readText(field('method'), 40),
        timeout_ms: readQuantity(field('timeout_ms')),
        connections: readCount(field('connections')),
        issued_at: readInstantMs(field('issued_at')) ?? record?.timestampMs,
        expires_at: readInstantMs(field('expires_at')),
      }),
    }
  },

  trigger: (field, { record }) => ({
    draft: given({
      test_id: readId(field('test_id')),
      trigger: readTruth(field('trigger')) === true ? 'YES' : undefined,
      start_at: readInstantMs(field('start_at')),
      issued_at: readInstantMs(field('issued_at')) ?? record?.timestampMs,
      expires_at: readInstantMs(field('expires_at')),
    }),
  }),

  metrics: (field, { record, units }) => {
    const figures = fieldsOf(field('metrics'))
    if (figures === undefined) return { missing: 'metrics' }
    const counted = (...names: string[]): number | undefined =>
      readQuantity(firstGiven([field, figures], names))
    return {
      draft: given({
        node_id: readId(field('node_id')),
        test_id: readId(field('test_id')),
        report_id: readId(field('report_id')) ?? placeOf(record),
        metrics: readLatencies(figures, units.latency === 's' ? 1000 : 1),
        sent: counted('sent'),
        completed: counted('completed', 'num_requests'),
        errors: counted('errors'),
        timeouts: counted('timeouts'),
        final: readTruth(field('final')) === true ? true : undefined,
      }),
    }
  },

  heartbeat: (field, { record }) => {
    if (readTruth(field('heartbeat')) === false) return { missing: 'heartbeat' }
    const said = field('timestamp')
    return {
      draft: given({
        node_id: readId(field('node_id')),
        heartbeat: 'YES',
        timestamp: readText(said, 100),
        timestamp_ms: readInstantMs(said) ?? record?.timestampMs,
        test_id: readId(field('test_id')),
        sent: readQuantity(field('sent')),
      }),
    }
  },
}

const latencyNames = ['mean_latency', 'median_latency', 'min_latency', 'max_latency', 'mode_latency'] as const

/** Milliseconds. Before their first answer some say 0 for all: that is no measurement. */
const readLatencies = (figures: Fields, factor: number): Record<string, number | null> => {
  const hasNone = readNumber(figures('min_latency')) === 0 && readNumber(figures('max_latency')) === 0
  const latencies: Record<string, number | null> = {}
  for (const name of latencyNames) {
    const value = figures(name)
    const number = readQuantity(value)
    if (hasNone || value === null) latencies[name] = null
    else if (number !== undefined) latencies[name] = number * factor
  }
  return latencies
}

/** `report_id` where there is none: unique, and the same when the message is delivered again. */
const placeOf = (record: RecordFacts | undefined): string =>
  record === undefined ? '' : `metrics/${record.partition}/${record.offset}`

const canonicalWord = (text: string): string => text.trim().toUpperCase()

/** Without the fields that are not there. */
const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

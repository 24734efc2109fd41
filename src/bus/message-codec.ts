import { AppError } from '../lib/errors.ts'
import { maxMessageBytes } from './bus.ts'
import { type MessageOf, messageSchemas } from './messages.ts'
import {
  type PeerContext,
  type PeerUnits,
  peerReaders,
  type RecordFacts,
  usualPeerUnits,
} from './tolerant-message.ts'
import { fieldsOf, isEndMarker, parseLeniently, readNumber } from './tolerant-values.ts'
import type { Topic } from './topics.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** How the brief's quantities are written: as JSON numbers, or as texts for nodes that take the brief to the letter. */
export type Quantities = 'number' | 'string'

/** JSON in UTF-8. Throws MESSAGE_TOO_LARGE. */
export const encodeMessage = <T extends Topic>(
  topic: T,
  message: MessageOf[T],
  quantities: Quantities = 'number',
): Uint8Array => {
  const written = quantities === 'string' ? mapBriefQuantities(topic, message, String) : message
  const bytes = encoder.encode(JSON.stringify(written))
  if (bytes.length > maxMessageBytes)
    throw new AppError(
      'MESSAGE_TOO_LARGE',
      `A message for topic ${topic} has ${bytes.length} bytes; the limit is ${maxMessageBytes}.`,
    )
  return bytes
}

export type Decoded<T extends Topic> = { message: MessageOf[T] } | { reason: string }

/**
 * A message, or the reason why there is none: `too_large`, `not_json`, `end_marker` (a text that is no JSON, but known),
 * or the first field that does not fit. Never throws, whatever the bytes.
 *
 * What says that it speaks our protocol has to fit its schema. Everything else is read tolerantly ({@link peerReaders}).
 */
export const decodeMessage = <T extends Topic>(
  topic: T,
  value: Uint8Array,
  record?: RecordFacts,
  units: PeerUnits = usualPeerUnits,
): Decoded<T> => {
  if (value.length > maxMessageBytes) return { reason: 'too_large' }
  const text = decoder.decode(value)
  const data = parseLeniently(text)
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    return { reason: isEndMarker(text) ? 'end_marker' : 'not_json' }
  if (peerReaders[topic] !== undefined && !speaksOurs(data)) return decodePeer(topic, data, { record, units })
  const decoded = judge(topic, data)
  if ('message' in decoded || briefQuantities[topic] === undefined) return decoded
  // Ours, taken to the letter of the brief.
  return judge(
    topic,
    mapBriefQuantities(topic, data, (quantity) => readNumber(quantity) ?? quantity),
  )
}

/** Said by a node that knows only the brief. */
export const isForeign = (message: { protocol?: string | undefined }): boolean =>
  message.protocol === undefined

const speaksOurs = (data: object): boolean =>
  'protocol' in data && typeof data.protocol === 'string' && data.protocol.startsWith('groundswell/')

const decodePeer = <T extends Topic>(topic: T, data: object, context: PeerContext): Decoded<T> => {
  const field = fieldsOf(data)
  const read = field === undefined ? undefined : peerReaders[topic]?.(field, context)
  if (read === undefined) return { reason: 'not_json' }
  return 'missing' in read ? { reason: `bad_field:${read.missing}` } : judge(topic, read.draft)
}

const judge = <T extends Topic>(topic: T, data: unknown): Decoded<T> => {
  const parsed = messageSchemas[topic].safeParse(data)
  if (parsed.success) return { message: parsed.data as MessageOf[T] }
  return { reason: `bad_field:${parsed.error.issues[0]?.path[0]?.toString() ?? ''}` }
}

const briefQuantities: Partial<Record<Topic, { within?: string; names: readonly string[] }>> = {
  test_config: { names: ['test_message_delay', 'message_count_per_driver'] },
  metrics: {
    within: 'metrics',
    names: ['mean_latency', 'median_latency', 'min_latency', 'max_latency'],
  },
}

/** A copy of the message in which the brief's quantities are written or read another way. */
const mapBriefQuantities = (
  topic: Topic,
  message: object,
  map: (quantity: string | number) => string | number,
): object => {
  const { within, names = [] } = briefQuantities[topic] ?? {}
  const outer: Record<string, unknown> = { ...message }
  const inner = within === undefined ? outer : outer[within]
  if (typeof inner !== 'object' || inner === null) return outer
  const mapped: Record<string, unknown> = { ...inner }
  for (const name of names) {
    const quantity = mapped[name]
    if (typeof quantity === 'number' || typeof quantity === 'string') mapped[name] = map(quantity)
  }
  return within === undefined ? mapped : { ...outer, [within]: mapped }
}

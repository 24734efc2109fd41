import { AppError } from '../lib/errors.ts'
import { maxMessageBytes } from './bus.ts'
import { type MessageOf, messageSchemas } from './messages.ts'
import type { Topic } from './topics.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** JSON in UTF-8. Throws MESSAGE_TOO_LARGE. */
export const encodeMessage = <T extends Topic>(topic: T, message: MessageOf[T]): Uint8Array => {
  const bytes = encoder.encode(JSON.stringify(message))
  if (bytes.length > maxMessageBytes)
    throw new AppError(
      'MESSAGE_TOO_LARGE',
      `A message for topic ${topic} has ${bytes.length} bytes; the limit is ${maxMessageBytes}.`,
    )
  return bytes
}

export type Decoded<T extends Topic> = { message: MessageOf[T] } | { reason: string }

/**
 * A message, or the reason why there is none: `too_large`, `not_json`, or the first field that does not fit. Never
 * throws, whatever the bytes.
 */
export const decodeMessage = <T extends Topic>(topic: T, value: Uint8Array): Decoded<T> => {
  if (value.length > maxMessageBytes) return { reason: 'too_large' }
  let data: unknown
  try {
    data = JSON.parse(decoder.decode(value))
  } catch {
    return { reason: 'not_json' }
  }
  const parsed = messageSchemas[topic].safeParse(data)
  if (parsed.success) return { message: parsed.data as MessageOf[T] }
  const issue = parsed.error.issues[0]
  return {
    reason:
      issue === undefined || issue.path.length === 0
        ? 'not_an_object'
        : `bad_field:${issue.path[0]?.toString()}`,
  }
}

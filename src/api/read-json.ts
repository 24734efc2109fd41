import { AppError } from '../lib/errors.ts'

/**
 * More than any body needs. A parsed value takes many times the room of its text (an empty list of two characters
 * some fifty bytes), and V8's parser does not stop where a thread's memory ends, but ends the process.
 */
const maxJsonValues = 200_000

/** Throws REQUEST_INVALID or BODY_TOO_LARGE. The bytes are looked through once before anything is made of them. */
export const readJson = (bytes: Uint8Array): unknown => {
  if (countValues(bytes, maxJsonValues) > maxJsonValues)
    throw new AppError(
      'BODY_TOO_LARGE',
      `The body holds more than ${maxJsonValues.toLocaleString('en-US')} values.`,
    )
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new AppError('REQUEST_INVALID', 'The body is no JSON.')
  }
  if (reachesPrototypes(value))
    throw new AppError('REQUEST_INVALID', 'The body has a key that reaches into prototypes.')
  return value
}

const quote = 0x22
const backslash = 0x5c
/** Of `[`, `{` and `,`: before every value but the first there is one. */
const openings = new Set([0x5b, 0x7b, 0x2c])

/** Of a text that is JSON, or has yet to be found to be none; not counted on behind `limit`. */
const countValues = (bytes: Uint8Array, limit: number): number => {
  let values = 1
  for (let i = 0; i < bytes.length && values <= limit; i++) {
    const byte = bytes[i] ?? 0
    if (byte === quote) i = endOfText(bytes, i + 1)
    else if (openings.has(byte)) values++
  }
  return values
}

/** Of the closing quote; behind the last byte where there is none. */
const endOfText = (bytes: Uint8Array, from: number): number => {
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === quote) return i
    if (bytes[i] === backslash) i++
  }
  return bytes.length
}

/** Without recursion: it may be nested as deep as it has values. */
const reachesPrototypes = (value: unknown): boolean => {
  const waiting: unknown[] = [value]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (typeof at !== 'object' || at === null) continue
    if (Object.hasOwn(at, '__proto__')) return true
    for (const [key, inner] of Object.entries(at)) {
      if (
        key === 'constructor' &&
        typeof inner === 'object' &&
        inner !== null &&
        Object.hasOwn(inner, 'prototype')
      )
        return true
      if (typeof inner === 'object' && inner !== null) waiting.push(inner)
    }
  }
  return false
}

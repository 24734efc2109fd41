import { z } from 'zod'

/**
 * The convention of every schema here: the message of an issue is **what was expected**, in words that fit after
 * "expected". `schema-faults.ts` adds what was there instead, the place, and the nearest known key or word.
 */

/** An object of exactly these keys. Its unknown-key issue lists the known ones, separated by a comma. */
export const strictMap = <Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) => {
  const knownKeys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? knownKeys : what),
  })
}

/** What a rule over several keys says: `message` is the whole sentence, `expected` what would be right. */
export interface RuleFault {
  path: (string | number)[]
  message: string
  expected: string
  /** Keys of the map whose absence this is about: no fault where one of them is only misspelt. */
  missing?: readonly string[]
}

/** A rule over a map's keys, checked even when single keys are wrong: it must look at what is there with care. */
export const rule =
  <T>(find: (value: Partial<Record<string, unknown>>) => Iterable<RuleFault>) =>
  (value: T, context: z.core.$RefinementCtx<T>): void => {
    for (const { path, message, expected, missing = [] } of find(value as Partial<Record<string, unknown>>)) {
      const params: RuleParams = { message, missing, depth: path.length }
      // Pushed, not added: an added issue would let a union take this map for the alternative that was meant.
      context.issues.push({ code: 'custom', path, message: expected, params: { ...params }, input: value })
    }
  }

/** What an issue of a rule carries; `depth` is how far its path goes below the map. */
export interface RuleParams {
  message: string
  missing: readonly string[]
  depth: number
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** For `superRefine`: whenever it is a map at all. */
export const evenWhenFaulty = { when: (payload: { value: unknown }) => isMap(payload.value) }

/** `{ key: value }`, or nothing where there is no value: for optional keys that must not be `undefined`. */
export const given = <Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } => (value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value }))

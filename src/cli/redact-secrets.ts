import { AppError, toAppError } from '../lib/errors.ts'
import { maskSecrets } from '../scenario/mask-secrets.ts'

const starred = '***'

/** Deeper than facts of a log go; what lies below is not shown. */
const maxDepth = 6

/**
 * A copy in which no text holds one of the secrets, nor what looks like one (passwords in URLs, values after words such as
 * `authorization:`). Errors become their message; keys stay as they are.
 */
export const redactSecrets = <T>(value: T, secrets: readonly string[]): T =>
  redact(value, formsOf(secrets), 0) as T

/** The error as it may be shown: the same code, without secrets in its texts and in the stack of what caused it. */
export const redactError = (thrown: unknown, secrets: readonly string[]): AppError => {
  const { code, message, hint, cause } = toAppError(thrown)
  const clean = redactSecrets(
    { message, hint, stack: cause instanceof Error ? cause.stack : undefined },
    secrets,
  )
  const shown = new Error(clean.message)
  if (clean.stack !== undefined) shown.stack = clean.stack
  return new AppError(code, clean.message, { hint: clean.hint, cause: shown })
}

/** A secret as it stands, and as URLs and JSON write it. */
const formsOf = (secrets: readonly string[]): string[] =>
  [
    ...new Set(
      secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]),
    ),
  ]
    .filter((form) => form !== '')
    // One that holds another as its part goes first, or its rest would stay.
    .sort((a, b) => b.length - a.length)

const redact = (value: unknown, secrets: readonly string[], depth: number): unknown => {
  if (typeof value === 'string') return redactText(value, secrets)
  // JSON has none.
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return redactText(value.message, secrets)
  if (depth >= maxDepth) return '…'
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, redact(item, secrets, depth + 1)]),
  )
}

const redactText = (text: string, secrets: readonly string[]): string => {
  let redacted = text
  for (const secret of secrets) redacted = redacted.replaceAll(secret, starred)
  return maskSecrets(redacted)
}

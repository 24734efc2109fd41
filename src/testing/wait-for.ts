import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

/** Polls until `check` gives a truthy value; after `timeoutMs` fails with `what` and the last value seen. */
export const waitFor = async <T>(
  what: string,
  check: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await check()
    if (value) return value
    if (performance.now() > deadline)
      assert.fail(`waited ${timeoutMs} ms for ${what}; last seen: ${String(value)}`)
    await delay(5)
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metronome } from './metronome.ts'

const sleepPrecisely = (metronome: Metronome, ms: number): Promise<void> =>
  new Promise((resolve) => {
    metronome.after(ms, resolve)
  })

test('calls back in the order of the instants, never early', async () => {
  const metronome = new Metronome()
  const begun = performance.now()
  const called: string[] = []
  await Promise.all([
    sleepPrecisely(metronome, 30).then(() => called.push('c')),
    sleepPrecisely(metronome, 10).then(() => called.push('a')),
    sleepPrecisely(metronome, 20).then(() => called.push('b')),
  ])
  assert.deepEqual(called, ['a', 'b', 'c'])
  assert.ok(performance.now() - begun >= 29.9)
})

test('a cancelled one is not called, and a later one still is', async () => {
  const metronome = new Metronome()
  let called = false
  const timer = metronome.after(5, () => {
    called = true
  })
  timer.cancel()
  timer.cancel()
  await sleepPrecisely(metronome, 15)
  assert.equal(called, false)
})

test('may be set again from within a call, hundreds of times in a row', async () => {
  const metronome = new Metronome()
  let left = 300
  await new Promise<void>((resolve) => {
    const next = (): void => {
      left--
      if (left === 0) resolve()
      else metronome.after(0.2, next)
    }
    metronome.after(0.2, next)
  })
  assert.equal(left, 0)
})

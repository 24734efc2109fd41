import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChartCursor } from './chart-cursor.ts'
import { actOfKey, type CursorBounds, spanBetween } from './chart-keys.ts'

const bounds: CursorBounds = {
  first: 100,
  last: 160,
  step: 2,
  moveMs: (_, ms, cells) => (ms ?? 8) * 2 ** cells,
}
const flat: CursorBounds = { first: 100, last: 160, step: 2 }
const at = (second: number, ms?: number) => ({ place: { second, ms }, anchor: undefined })
const secondOf = (key: string, from: number): number | undefined => {
  const act = actOfKey(key, false, at(from), flat)
  return act?.kind === 'move' ? act.place.second : undefined
}

describe('the keys of a chart', () => {
  for (const [key, from, to] of [
    ['ArrowLeft', 120, 118],
    ['ArrowRight', 120, 122],
    ['ArrowLeft', 100, 100],
    ['ArrowRight', 160, 160],
    ['PageUp', 130, 110],
    ['PageDown', 150, 160],
    ['Home', 130, 100],
    ['End', 130, 160],
  ] as const)
    it(`${key} leads from ${from} to ${to}`, () => assert.equal(secondOf(key, from), to))

  it('show the cursor at the newest row first', () => {
    const act = actOfKey('ArrowLeft', false, { place: undefined, anchor: undefined }, bounds)
    assert.deepEqual(act, { kind: 'move', place: { second: 160, ms: 8 }, anchor: undefined })
    assert.equal(actOfKey('Enter', false, { place: undefined, anchor: undefined }, bounds), undefined)
  })

  it('move up and down where there is a height, and nowhere else', () => {
    assert.deepEqual(actOfKey('ArrowUp', false, at(120, 4), bounds), {
      kind: 'move',
      place: { second: 120, ms: 8 },
      anchor: undefined,
    })
    assert.equal(actOfKey('ArrowUp', false, at(120), flat), undefined)
  })

  it('stretch a span with Shift, from where it began, to both sides', () => {
    const first = actOfKey('ArrowRight', true, at(120), flat)
    assert.deepEqual(first, { kind: 'stretch', place: { second: 122 }, anchor: 120 })
    const back = actOfKey('PageUp', true, { place: { second: 122 }, anchor: 120 }, flat)
    assert.deepEqual(back, { kind: 'stretch', place: { second: 102 }, anchor: 120 })
    assert.deepEqual(spanBetween(120, 102, 2), { from: 102, to: 122 })
  })

  it('choose the row or the span, let go, and leave all other keys alone', () => {
    assert.deepEqual(actOfKey('Enter', false, at(120), flat), {
      kind: 'choose',
      span: { from: 120, to: 122 },
    })
    assert.deepEqual(actOfKey('Enter', true, { place: { second: 126 }, anchor: 120 }, flat), {
      kind: 'choose',
      span: { from: 120, to: 128 },
    })
    assert.deepEqual(actOfKey('Escape', false, at(120), flat), { kind: 'release' })
    assert.equal(actOfKey('h', false, at(120), flat), undefined)
    assert.equal(actOfKey('Tab', false, at(120), flat), undefined)
  })
})

describe('the cursor of all charts', () => {
  it('tells of changes, and of nothing else', () => {
    const cursor = new ChartCursor()
    let told = 0
    const stop = cursor.onChange(() => told++)
    cursor.move({ second: 3 })
    cursor.move({ second: 3 })
    assert.equal(told, 1)
    cursor.stretch({ from: 3, to: 5 })
    assert.deepEqual(cursor.span, { from: 3, to: 5 })
    cursor.choose({ from: 3, to: 5 })
    cursor.choose({ from: 3, to: 5 })
    assert.equal(told, 3)
    cursor.stretch({ from: 1, to: 2 })
    cursor.stretch(undefined)
    assert.deepEqual(cursor.span, { from: 3, to: 5 })
    stop()
    cursor.choose(undefined)
    assert.equal(told, 5)
    assert.equal(cursor.span, undefined)
  })
})

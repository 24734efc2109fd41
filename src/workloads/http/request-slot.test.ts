import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RequestSlot } from './request-slot.ts'

test('texts and numbers are written as UTF-8 and decimal digits, however long they are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.maxSafeInteger())),
      (values) => {
        const slot = new RequestSlot()
        for (const value of values)
          if (typeof value === 'string') slot.utf8(value)
          else slot.integer(value)
        assert.equal(Buffer.from(slot.view()).toString(), values.map((value) => String(value)).join(''))
      },
    ),
    { seed: 10, numRuns: 300 },
  )
})

test('the ends of the integers are exact', () => {
  for (const value of [0, 9, 10, -1, 999_999_999, 1e15, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    const slot = new RequestSlot()
    slot.integer(value)
    assert.equal(slot.text(), String(value))
  }
})

test('the view is the same object until length or buffer change', () => {
  const slot = new RequestSlot()
  slot.utf8('abc')
  const view = slot.view()
  slot.at = 0
  slot.utf8('xyz')
  assert.equal(slot.view(), view)
  slot.utf8('!')
  assert.notEqual(slot.view(), view)
  const beforeGrowth = slot.view()
  slot.literal(Buffer.alloc(5000))
  slot.at = beforeGrowth.length
  assert.notEqual(slot.view(), beforeGrowth)
})

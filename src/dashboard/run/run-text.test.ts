import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { counted, cutText, instantText, nameText, ordinal, scaleText } from './run-text.ts'

test('foreign text is shown without what would move, hide or reorder its neighbours', () => {
  for (const [text, expected] of [
    ['GET /cart', 'GET /cart'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['safe\u202Etxt.exe', 'safetxt.exe'],
    ['a\u0000b\u0007c', 'abc'],
    ['line\r\nbreak\tand tab', 'line break and tab'],
    ['zero\u200Bwidth\uFEFF', 'zerowidth'],
    ['lone \uD800 surrogate', 'lone  surrogate'],
    ['\u001B[31mred', '[31mred'],
  ] as const)
    assert.equal(cutText(text), expected)
})

test('a name of 10 kB is cut where one sees that it was, and a name without a character is named so', () => {
  assert.equal(nameText('x'.repeat(10_000)), `${'x'.repeat(79)}…`)
  assert.equal(nameText('\u202E\u0000 '), '(no readable name)')
})

test('whatever comes, what is shown is bounded and holds no control or format character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      (text, most) => {
        const shown = cutText(text, most)
        assert.ok([...shown].length <= most)
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      },
    ),
    { seed: 5, numRuns: 500 },
  )
})

test('ordinals, counts, shares and instants read as people write them', () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal), [
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '112th',
  ])
  assert.deepEqual([counted(1, 'driver'), counted(2000, 'driver')], ['1 driver', '2,000 drivers'])
  assert.deepEqual(
    [scaleText(1), scaleText(1.1), scaleText(0.005), scaleText(1e6)],
    ['100 %', '110 %', '0.5 %', '100,000,000 %'],
  )
  assert.equal(instantText('2026-03-01T10:15:01.000Z'), '2026-03-01 10:15:01 UTC')
  assert.equal(instantText(null), '–')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cleanText, cutToWidth, displayWidth, fitText, padToWidth, wrapText } from './summary-text-display.ts'

const runs = { seed: 7, numRuns: 300 }
const anyText = fc.string({ unit: 'binary', maxLength: 60 })

test('East Asian characters and emoji take two cells, combining marks none', () => {
  const widths: [string, number][] = [
    ['plain', 5],
    ['', 0],
    ['日本語', 6],
    ['한국', 4],
    ['e\u0301', 1],
    ['Ａ', 2],
    ['🚀 go', 5],
    ['Zürich', 6],
    ['━━█▏', 4],
  ]
  for (const [text, width] of widths) assert.equal(displayWidth(text), width, text)
})

test('foreign text loses escape sequences, controls and what reorders a line', () => {
  const cleaned: [string, string][] = [
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x1b]0;new title\x07name', 'name'],
    ['two\r\nlines\tand a tab', 'two lines and a tab'],
    ['bell\x07 back\x08 nul\0 csi\u009b31m', 'bell back nul csi'],
    ['right\u202eto\u2066left\u200b', 'righttoleft'],
    ['lone \ud800 surrogate', 'lone  surrogate'],
    ['<b>&amp;</b>', '<b>&amp;</b>'],
  ]
  for (const [text, expected] of cleaned) assert.equal(cleanText(text), expected)
})

test('no text keeps a control character or grows wider than it may', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 40 }), (text, width) => {
      const fitted = fitText(text, width)
      assert.ok(displayWidth(fitted) <= width)
      assert.doesNotMatch(fitted, /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
    runs,
  )
})

test('a text that fits is not cut, and a cut one says so', () => {
  assert.equal(cutToWidth('exactly', 7), 'exactly')
  assert.equal(cutToWidth('exactly', 6), 'exact…')
  assert.equal(cutToWidth('日本語', 6), '日本語')
  assert.equal(cutToWidth('日本語', 5), '日本…')
  assert.equal(cutToWidth('日本語', 4), '日…')
  assert.equal(cutToWidth('anything', 0), '')
})

test('padding counts cells', () => {
  assert.equal(padToWidth('日本', 6, 'right'), '  日本')
  assert.equal(padToWidth('ab', 4, 'left'), 'ab  ')
  assert.equal(padToWidth('abc', 2, 'left'), 'abc')
})

test('wrapped lines hold every word and stay within the width', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 9, max: 40 }),
      (words, width) => {
        const lines = wrapText(words.join(' '), width)
        assert.deepEqual(lines.join(' ').split(' '), words)
        for (const line of lines) assert.ok(displayWidth(line) <= width)
      },
    ),
    runs,
  )
  assert.deepEqual(wrapText('averyveryverylongword', 8), ['averyve…'])
})

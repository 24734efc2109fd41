import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatSize, parseSize } from './bytes.ts'

test('reads decimal and binary sizes', () => {
  const table: [string, number][] = [
    ['0', 0],
    ['512', 512],
    ['17B', 17],
    ['64 kB', 64_000],
    ['64k', 64_000],
    ['64KiB', 65_536],
    ['1.5MB', 1_500_000],
    ['1GiB', 2 ** 30],
    ['2tb', 2e12],
    ['0.5', 1],
    [' 1 kib ', 1024],
  ]
  for (const [text, sizeBytes] of table) assert.equal(parseSize(text), sizeBytes, text)
})

test('refuses what is no size, or too large to count', () => {
  for (const text of [
    '',
    'kB',
    '-1',
    '1e3',
    '1 2',
    '1.2.3',
    '1XB',
    '5constructor',
    '5__proto__',
    '5valueof',
    '999999999999999TiB',
  ])
    assert.equal(parseSize(text), undefined, text)
})

test('says about three digits in decimal units', () => {
  const table: [number, string][] = [
    [0, '0 B'],
    [17, '17 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [2410, '2.41 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1.2e9, '1.20 GB'],
    [5e18, '5000 PB'],
  ]
  for (const [sizeBytes, text] of table) assert.equal(formatSize(sizeBytes), text, `${sizeBytes}`)
})

test('what is said is read again as the same to three digits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e14 }), (sizeBytes) => {
      const again = parseSize(formatSize(sizeBytes))
      assert.ok(again !== undefined && Math.abs(again - sizeBytes) <= sizeBytes * 0.0051, `${again}`)
    }),
    { seed: 7, numRuns: 2000 },
  )
})

test('never throws, and gives nothing but whole safe numbers, whatever the text', () => {
  const alphabet = fc.constantFrom(...'0123456789.kKmMgGtTiIbB -e')
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: alphabet })), (text) => {
      const sizeBytes = parseSize(text)
      assert.ok(sizeBytes === undefined || (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0))
    }),
    { seed: 7, numRuns: 2000 },
  )
})

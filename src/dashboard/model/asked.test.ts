import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedPerSecond } from './asked.ts'

const gap = (from: number, to: number, share: number) => ({ driver: `d${from}`, from, to, share })

test('what was due on drivers that are gone was asked for all the same', () => {
  for (const [what, told, gaps, expected] of [
    ['nobody is missing', 200, [], 200],
    ['one of two is', 100, [gap(5, 30, 0.5)], 200],
    ['two of four are', 100, [gap(5, 30, 0.25), gap(9, 30, 0.25)], 200],
    ['only before', 200, [gap(2, 10, 0.5)], 200],
    ['half of the second', 150, [gap(10.5, 30, 0.5)], 200],
    ['all are: then nobody knows', 0, [gap(5, 30, 1)], 0],
    ['nothing was told', null, [gap(5, 30, 0.5)], null],
  ] as const)
    assert.equal(askedPerSecond(told, gaps, 10, 11), expected, what)
})

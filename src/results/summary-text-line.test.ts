import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Line, lineWidth, renderLine, styled } from './summary-text-line.ts'

const line: Line = [styled('bad', 'LOST'), '  ', '日本', ' after']

test('a line that fits is whole, with or without colour', () => {
  assert.equal(lineWidth(line), 16)
  assert.equal(renderLine(line, 16, false), 'LOST  日本 after')
  assert.equal(renderLine(line, 16, true), '\x1b[1;31mLOST\x1b[22;39m  日本 after')
})

test('a cut shows, even where it falls between two spans, and never inside an escape sequence', () => {
  const cuts: [columns: number, text: string][] = [
    [15, 'LOST  日本 aft…'],
    [10, 'LOST  日…'],
    [6, 'LOST …'],
    [4, 'LOS…'],
    [1, '…'],
    [0, ''],
  ]
  for (const [columns, text] of cuts) assert.equal(renderLine(line, columns, false), text)
  assert.equal(renderLine(line, 4, true), '\x1b[1;31mLOS…\x1b[22;39m')
})

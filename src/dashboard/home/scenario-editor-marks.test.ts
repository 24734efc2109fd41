import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ScenarioFault } from '../../scenario/scenario-faults.ts'
import { countLines, marksOf, placeOf, spanOf } from './scenario-editor-marks.ts'

const fault = (line?: number, column?: number, width?: number): ScenarioFault => ({
  file: 'scenario.yaml',
  path: 'load.rate',
  message: 'wrong',
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
  ...(width === undefined ? {} : { width }),
})

describe('marks beside the lines', () => {
  const text = 'name: x\ndriver: 2\n\nload: { rate: 1 }'

  it('are one a line, at its first fault, in order', () => {
    assert.deepEqual(marksOf(text, [fault(4, 9, 4), fault(2, 1, 6), fault(4, 1, 4), fault()]), [
      { line: 2, column: 1, width: 6, count: 1 },
      { line: 4, column: 1, width: 4, count: 2 },
    ])
  })

  it('stay in the text, which may have changed since', () => {
    assert.deepEqual(marksOf(text, [fault(9, 1, 3), fault(0, 1, 1)]), [])
    assert.deepEqual(marksOf(text, [fault(3, 5, 9)]), [{ line: 3, column: 1, width: 1, count: 1 }])
    assert.deepEqual(marksOf(text, [fault(1, 6, 40)]), [{ line: 1, column: 6, width: 2, count: 1 }])
  })

  it('lead to the characters that are meant', () => {
    for (const [given, expected] of [
      [fault(2, 1, 6), 'driver'],
      [fault(4, 9, 4), 'rate'],
      [fault(4, 9), ''],
      [fault(4, 99, 5), ''],
      [fault(1, 7, 99), 'x'],
    ] as const) {
      const span = spanOf(text, given)
      assert.ok(span !== undefined)
      assert.equal(text.slice(span.from, span.to), expected)
    }
    assert.equal(spanOf(text, fault()), undefined)
    assert.equal(spanOf(text, fault(7)), undefined)
  })

  it('have a place in words', () => {
    assert.equal(placeOf(fault(4, 9)), 'Line 4, column 9')
    assert.equal(placeOf(fault(4)), 'Line 4')
    assert.equal(placeOf(fault()), 'load.rate')
    assert.equal(placeOf({ ...fault(), path: '' }), 'scenario.yaml')
    assert.equal(countLines(text), 4)
    assert.equal(countLines(''), 1)
  })
})

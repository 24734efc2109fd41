import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { canRedraw, terminalOf, wantsColour } from './terminal.ts'

class FakeStream extends EventEmitter {
  isTTY?: boolean
  columns?: number
  rows?: number
  written = ''
  write(text: string): void {
    this.written += text
  }
}

const streamWith = (fields: Partial<FakeStream>): FakeStream => Object.assign(new FakeStream(), fields)

test('a size is read anew each time, and has a default where there is none', () => {
  const stream = streamWith({ isTTY: true, columns: 100, rows: 40 })
  const terminal = terminalOf(stream)
  assert.deepEqual([terminal.columns(), terminal.rows()], [100, 40])
  stream.columns = 60
  assert.equal(terminal.columns(), 60)
  stream.columns = 0
  assert.equal(terminal.columns(), 80)
  assert.deepEqual([terminalOf(streamWith({})).columns(), terminalOf(streamWith({})).rows()], [80, 24])
})

test('changes of size are told until they are no longer wanted', () => {
  const stream = streamWith({ isTTY: true })
  let told = 0
  const forget = terminalOf(stream).onResize(() => told++)
  stream.emit('resize')
  forget()
  stream.emit('resize')
  assert.equal(told, 1)
})

test('lines are drawn over on a terminal, not in a pipe, a CI job or a dumb one', () => {
  const tty = terminalOf(streamWith({ isTTY: true }))
  const cases: [environment: Record<string, string>, redraw: boolean, colour: boolean][] = [
    [{ TERM: 'xterm-256color' }, true, true],
    [{}, true, true],
    [{ TERM: 'dumb' }, false, false],
    [{ CI: 'true' }, false, true],
    [{ CI: 'false' }, true, true],
    [{ CI: '' }, true, true],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, false],
  ]
  for (const [environment, redraw, colour] of cases) {
    assert.equal(canRedraw(tty, environment), redraw, JSON.stringify(environment))
    assert.equal(wantsColour(tty, environment), colour, JSON.stringify(environment))
  }
  const pipe = terminalOf(streamWith({}))
  assert.equal(canRedraw(pipe, {}), false)
  assert.equal(wantsColour(pipe, {}), false)
})

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { type Key, type KeyInput, readKeys } from './keys.ts'

class FakeInput extends EventEmitter implements KeyInput {
  isTTY = true
  isRaw = false
  flowing = false
  setRawMode(raw: boolean): void {
    this.isRaw = raw
  }
  resume(): this {
    this.flowing = true
    return this
  }
  pause(): this {
    this.flowing = false
    return this
  }
}

const pressed = (...chunks: (string | Buffer)[]): Key[] => {
  const input = new FakeInput()
  const keys: Key[] = []
  using _reader = readKeys(input, (key) => keys.push(key))
  for (const chunk of chunks) input.emit('data', chunk)
  return keys
}

test('each key is heard without Enter', () => {
  assert.deepEqual(pressed(' ', Buffer.from('+'), '=', '-', '_', 'q', 'Q', '\x03'), [
    'pauseOrResume',
    'faster',
    'faster',
    'slower',
    'slower',
    'stop',
    'stop',
    'interrupt',
  ])
})

test('keys that come together are heard one by one, others are not heard', () => {
  assert.deepEqual(pressed('++x-'), ['faster', 'faster', 'slower'])
  assert.deepEqual(pressed('toString', 'é日', '\r', '\x1b'), [])
})

test('an arrow key is none of ours, and Ctrl-C behind it is still heard', () => {
  assert.deepEqual(pressed('\x1b[A', '\x1b[1;5D', '\x1b[3~'), [])
  assert.deepEqual(pressed('\x1b[A\x03'), ['interrupt'])
})

test('the mode of the terminal is restored, once, and nothing is heard after', () => {
  const input = new FakeInput()
  const keys: Key[] = []
  const reader = readKeys(input, (key) => {
    keys.push(key)
    reader.close()
  })
  assert.ok(input.isRaw && input.flowing)
  input.emit('data', 'qqq')
  reader.close()
  assert.deepEqual(keys, ['stop'])
  assert.ok(!input.isRaw && !input.flowing)
  assert.equal(input.listenerCount('data'), 0)
})

test('a terminal that was raw before stays raw', () => {
  const input = new FakeInput()
  input.isRaw = true
  readKeys(input, () => {}).close()
  assert.equal(input.isRaw, true)
})

test('a pipe is left alone', () => {
  const input = new FakeInput()
  input.isTTY = false
  readKeys(input, () => assert.fail('a pipe has no keys')).close()
  assert.equal(input.listenerCount('data'), 0)
  assert.equal(input.flowing, false)
})

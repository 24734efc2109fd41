import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SteerCommand } from '../orchestrator/run-options.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { FakeProgram } from '../testing/fake-program.ts'
import { steerBySignals } from './steer-by-signals.ts'

const open = (steer: (command: SteerCommand) => Promise<void> = async () => {}) => {
  const clock = new FakeClock()
  const program = new FakeProgram([], { clock })
  const steered: SteerCommand[] = []
  const logged: string[] = []
  const run = {
    steer: (command: SteerCommand) => {
      steered.push(command)
      return steer(command)
    },
  }
  const signals = steerBySignals(program.context, run, (line) => logged.push(line))
  return { clock, program, steered, logged, signals }
}

test('no signal, no exit code', () => {
  const { signals, program } = open()
  assert.equal(signals.exitCode, undefined)
  signals[Symbol.dispose]()
  assert.equal(program.listeners, 0)
})

test('the first stops the run in good order, the second ends the process with its own code', async () => {
  const { clock, program, steered, logged, signals } = open()
  program.signal('SIGINT')
  assert.deepEqual(steered, [{ command: 'stop', by: 'signal' }])
  assert.deepEqual([signals.exitCode, program.exits], [130, []])
  assert.match(logged.join(), /Once more ends at once/)
  await clock.advance(1000)
  program.signal('SIGTERM')
  assert.deepEqual(program.exits, [143])
})

test('one press that arrives twice, by the group and by a wrapper, is one', async () => {
  const { clock, program, steered } = open()
  program.signal('SIGINT')
  await clock.advance(100)
  program.signal('SIGINT')
  assert.deepEqual([steered.length, program.exits], [1, []])
  await clock.advance(200)
  program.signal('SIGINT')
  assert.deepEqual(program.exits, [130])
})

test('SIGTERM and SIGHUP are 143', () => {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    const { program, signals } = open()
    program.signal(signal)
    assert.equal(signals.exitCode, 143)
  }
})

test('a run that cannot be told is said, and is no unhandled rejection', async () => {
  const { clock, program, logged } = open(() => Promise.reject(new Error('the bus is closed')))
  program.signal('SIGINT')
  await clock.advance(0)
  assert.match(logged.join('\n'), /could not be stopped \(the bus is closed\)/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeProgram } from '../testing/fake-program.ts'
import { MiniCluster } from '../testing/mini-cluster.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import { followRun } from './follow-run.ts'

const open = async (isTerminal: boolean, quiet = false) => {
  const cluster = new MiniCluster()
  await cluster.start(2)
  const scenario = sampleScenario({ load: rateOf(100, 20_000) })
  const program = new FakeProgram([], { clock: cluster.clock })
  program.stdin.isTTY = isTerminal
  program.stderr.isTTY = isTerminal
  const begun = cluster.begin(scenario)
  const follow = followRun(program.context, begun.run, scenario, { color: false, quiet })
  await cluster.clock.advance(3000)
  const press = async (keys: string): Promise<void> => {
    program.stdin.write(keys)
    await cluster.clock.advance(200)
  }
  return { cluster, program, begun, follow, press }
}

test('keys steer the run: faster, slower, pause, resume, stop; others do nothing', async () => {
  const { cluster, program, begun, follow, press } = await open(true)
  assert.equal(program.stdin.isRaw, true)
  for (const keys of ['x', '\x1b[A', '+', '+', '-', ' ', ' ', 'q', '+q ']) await press(keys)
  const commands = begun.run.state.controls.map(({ command, scale, by }) => [command, scale?.toFixed(3), by])
  assert.deepEqual(commands.slice(0, 6), [
    ['rate', '1.100', 'keys'],
    ['rate', '1.210', 'keys'],
    ['rate', '1.100', 'keys'],
    ['pause', undefined, 'keys'],
    ['resume', undefined, 'keys'],
    ['stop', undefined, 'keys'],
  ])
  const result = await cluster.finish(begun)
  assert.equal(result.outcome, 'stopped')
  follow.close()
  assert.equal(program.stdin.isRaw, false)
  assert.equal(program.listeners, 0)
})

test('however often faster and slower are pressed, the bus takes the command', async () => {
  const { begun, press, follow, cluster } = await open(true)
  // Paused, so that nobody makes that load.
  await press(' ')
  await press('+'.repeat(200))
  assert.equal(begun.run.state.controls.at(-1)?.scale, 1000)
  await press('-'.repeat(400))
  assert.equal(begun.run.state.controls.at(-1)?.scale, 1e-6)
  assert.deepEqual(
    cluster.logged.filter((line) => line.includes('cannot be understood')),
    [],
  )
  follow.close()
})

test('Ctrl-C as a key is an interrupt', async () => {
  const { program, press, follow } = await open(true)
  const signals: string[] = []
  program.context.onSignal((signal) => signals.push(signal))
  await press('\x03')
  assert.deepEqual(signals, ['SIGINT'])
  follow.close()
})

test('piped, it prints plain lines without a control character, and reads no keys', async () => {
  const { cluster, program, begun, follow, press } = await open(false)
  await press('q')
  assert.equal(begun.run.state.controls.length, 0)
  await cluster.finish(begun)
  follow.close()
  assert.ok(program.stderr.text.split('\n').length > 3, program.stderr.text)
  assert.equal(program.stderr.text.includes('\x1b'), false)
})

test('quiet: nothing but what must be said', async () => {
  const { cluster, program, begun, follow } = await open(true, true)
  await cluster.finish(begun)
  assert.equal(program.stderr.text, '')
  follow.log('a line')
  follow.close()
  assert.equal(program.stderr.text, 'a line\n')
})

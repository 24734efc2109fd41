import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import { SecondLoader } from './run-second.ts'
import { RunSteerer } from './run-steerer.ts'

/** Requests that are answered when a test says so. */
class HeldApi implements ApiClient {
  readonly hasToken = false
  readonly asked: {
    path: string
    body: unknown
    signal: AbortSignal | undefined
    answer: PromiseWithResolvers<unknown>
  }[] = []

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#ask(path, undefined, signal) as Promise<T>
  }
  post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return this.#ask(path, body, signal) as Promise<T>
  }
  text(): Promise<string> {
    throw new Error('nobody asked')
  }
  remove(): Promise<void> {
    throw new Error('nobody asked')
  }
  stream(): Promise<ReadableStream<Uint8Array>> {
    throw new Error('nobody asked')
  }
  #ask(path: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>()
    this.asked.push({ path, body, signal, answer })
    return answer.promise
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('only the latest second that was chosen is shown, and the request for the one before is given up', async () => {
  const api = new HeldApi()
  const shown: string[] = []
  const loader = new SecondLoader({ api, id: 'a b', show: (state) => shown.push(state.kind) })
  loader.choose({ from: 3, to: 4 }, '*')
  loader.choose({ from: 5, to: 9 }, 'GET /a&b')
  assert.deepEqual(
    api.asked.map(({ path }) => path),
    ['/api/runs/a%20b/seconds/3?to=4', '/api/runs/a%20b/seconds/5?to=9&request=GET+%2Fa%26b'],
  )
  assert.equal(api.asked[0]?.signal?.aborted, true)
  api.asked[1]?.answer.resolve({})
  api.asked[0]?.answer.resolve({})
  await soon()
  assert.deepEqual(shown, ['loading', 'loading', 'shown'])
  loader.choose(undefined, '*')
  assert.equal(shown.at(-1), 'none')
})

test('a second that does not come says why', async () => {
  const api = new HeldApi()
  const shown: unknown[] = []
  new SecondLoader({ api, id: 'r', show: (state) => shown.push(state) }).choose({ from: 0, to: 1 }, '*')
  api.asked[0]?.answer.reject(
    new ApiProblem({ status: 404, code: 'X', detail: 'No such second.', hint: 'Look.' }),
  )
  await soon()
  assert.deepEqual(shown.at(-1), { kind: 'failed', message: 'No such second. Look.' })
})

const steererOf = (api: HeldApi) => {
  const clock = { nowMs: () => 0, wallMs: () => 5000, after: () => ({ cancel: () => {} }) }
  return new RunSteerer({ api, clock, id: 'r', onChange: () => {} })
}

test('a command is asked for at once and stays asked until the record of the run has it', async () => {
  const api = new HeldApi()
  const steerer = steererOf(api)
  steerer.setRate(2)
  assert.equal(api.asked.length, 0, 'a run that waits has no load to change')
  steerer.hear('running', [], true)
  steerer.stepRate('faster')
  steerer.stepRate('faster')
  assert.deepEqual(
    api.asked.map(({ path, body }) => [path, body]),
    [
      ['/api/runs/r/rate', { json: { scale: 1.1 } }],
      ['/api/runs/r/rate', { json: { scale: 1.21 } }],
    ],
  )
  api.asked[0]?.answer.reject(new ApiProblem({ status: 409, code: 'RUN_FINISHED', detail: 'Late.' }))
  api.asked[1]?.answer.resolve({} as RunResult)
  await soon()
  assert.equal(steerer.slots.rate.kind, 'asked', 'the refusal was of the older one; an answer is no record')
  steerer.hear('running', [{ atMs: 1, command: 'rate', scale: 1.21, by: 'api' }], true)
  assert.equal(steerer.slots.rate.kind, 'idle')
  assert.equal(steerer.scale, 1.21)
})

test('a stop is sent once, when it was confirmed; its refusal is told', async () => {
  const api = new HeldApi()
  const steerer = steererOf(api)
  steerer.hear('running', [], true)
  steerer.confirm('stop')
  steerer.stop()
  assert.equal(api.asked.length, 0)
  steerer.confirm('stop')
  assert.deepEqual(
    api.asked.map(({ path }) => path),
    ['/api/runs/r/stop'],
  )
  api.asked[0]?.answer.reject(new ApiProblem({ status: 409, code: 'X', detail: 'No.', hint: 'Wait.' }))
  await soon()
  assert.deepEqual(steerer.slots.stop, { kind: 'refused', command: 'stop', why: 'No.', hint: 'Wait.' })
})

test('twenty times the load is sent when it was confirmed; without an answer nobody calls it refused', async () => {
  const api = new HeldApi()
  const steerer = steererOf(api)
  steerer.hear('running', [], true)
  steerer.setRate(20)
  assert.equal(api.asked.length, 0)
  steerer.confirm('rate')
  assert.deepEqual(
    api.asked.map(({ path, body }) => [path, body]),
    [['/api/runs/r/rate', { json: { scale: 20 } }]],
  )
  api.asked[0]?.answer.reject(new ApiProblem({ status: 0, code: 'UNREACHABLE', detail: 'Nobody.' }))
  await soon()
  assert.equal(steerer.slots.rate.kind, 'unanswered')
  steerer.hear('running', [], false)
  steerer.hear('running', [], true)
  assert.equal(steerer.slots.rate.kind, 'idle')
})

test('a command that gets no answer for 8 s is taken back, and said to have none', async () => {
  const clock = new FakeClock()
  const api = new HeldApi()
  const steerer = new RunSteerer({ api, clock, id: 'r', onChange: () => {} })
  steerer.hear('running', [], true)
  steerer.pauseOrResume()
  const [asked] = api.asked
  asked?.signal?.addEventListener('abort', () => asked.answer.reject(new Error('aborted')))
  await clock.advance(7900)
  assert.equal(steerer.slots.pause.kind, 'asked')
  await clock.advance(200)
  await soon()
  assert.equal(asked?.signal?.aborted, true)
  assert.equal(steerer.slots.pause.kind, 'unanswered')
})

test('pause and resume alternate, also before the first was heard', () => {
  const api = new HeldApi()
  const steerer = steererOf(api)
  steerer.hear('running', [], true)
  steerer.pauseOrResume()
  steerer.pauseOrResume()
  assert.deepEqual(
    api.asked.map(({ path }) => path),
    ['/api/runs/r/pause', '/api/runs/r/resume'],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import type { RunResult } from '../../results/run-result.ts'
import type { TimelineRowWithColumns } from '../../results/timeline.ts'
import { ApiWorld } from '../../testing/api-world.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import { decodeColumn } from './decode-column.ts'
import { openRunModel } from './live-run-model.ts'
import type { Track } from './track.ts'

/** A page's client in a few lines, whose streams the test may break. */
class NodeClient implements Pick<ApiClient, 'get' | 'stream'> {
  readonly #url: string
  readonly #streams = new Set<AbortController>()
  /** A stream whose answer nobody refers to would be collected, and its connection closed. */
  readonly #answers = new Set<Response>()
  opened = 0

  constructor(url: string) {
    this.#url = url
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await this.#ask(path, signal)).json()) as T
  }

  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const controller = new AbortController()
    this.#streams.add(controller)
    const response = await this.#ask(path, AbortSignal.any([signal, controller.signal]))
    this.#answers.add(response)
    this.opened++
    return response.body as unknown as ReadableStream<Uint8Array>
  }

  breakStreams(): void {
    for (const stream of this.#streams) stream.abort()
    this.#streams.clear()
  }

  async #ask(path: string, signal: AbortSignal | undefined): Promise<Response> {
    const response = await fetch(this.#url + path, signal === undefined ? {} : { signal })
    if (response.ok) return response
    const { code, detail } = (await response.json()) as { code: string; detail: string }
    throw new ApiProblem({ status: response.status, code, detail })
  }
}

/** Each second of the track says what the timeline says of it. */
const assertSame = (given: Track | undefined, rows: readonly TimelineRowWithColumns[]): void => {
  assert.ok(given !== undefined)
  const track: Track = given
  assert.deepEqual(
    [...track.seconds],
    rows.map(({ second }) => second),
  )
  for (const [i, row] of rows.entries()) {
    const figures: Track['figures'] = track.figures
    assert.equal(figures.asked[i], row.started + row.unsent)
    assert.equal(figures.sent[i], row.sent)
    assert.equal(figures.answered[i], row.answered)
    assert.equal(figures.inFlight[i], row.inFlight)
    assert.equal(figures.drivers[i], row.drivers)
    assert.equal(figures.p50[i], row.responseTimeMs.median)
    assert.equal(figures.p999[i], row.responseTimeMs.p999)
    assert.equal(figures.max[i], row.responseTimeMs.max)
    assert.equal(figures.serviceP99[i], row.serviceTimeMs.p99)
    assert.equal(figures.latenessP99[i], row.sendLatenessMs.p99)
    assert.deepEqual(track.errors[i], row.errors)
    assert.deepEqual(track.response[i], decodeColumn(row.responseColumn))
    assert.deepEqual(track.service[i], decodeColumn(row.serviceColumn))
    const counts: ArrayLike<number> = track.response[i] ?? []
    assert.equal(
      Array.from(counts).reduce((sum, count) => sum + count, 0),
      row.answered,
    )
  }
}

test('of a real run, through lost connections, each second equals the timeline of the API', async () => {
  await using world = await ApiWorld.start({ drivers: 2 })
  const api = new NodeClient(world.url)
  const created = await world.ask('POST', '/api/runs', { id: 'lived', scenario: world.scenario(60, 6) })
  assert.equal(created.status, 201)
  const model = openRunModel({ api, clock: systemClock, id: 'lived' })
  let losses = 0
  model.onChange(() => {
    const seconds = model.track('recent')?.length ?? 0
    if (seconds === losses * 2 + 1 && losses < 3) {
      losses++
      api.breakStreams()
    }
  })
  await waitFor('the end', () => model.link.kind === 'ended', 60_000)
  model.close()
  assert.ok(losses >= 2 && api.opened > losses, `${losses} losses, ${api.opened} streams`)
  const timeline = await api.get<TimelineRowWithColumns[]>(
    '/api/runs/lived/timeline?columns=true&request=*&step=1',
  )
  assert.ok(timeline.length >= 6)
  assertSame(model.track('recent'), timeline)
  assert.deepEqual(model.result, await api.get<RunResult>('/api/runs/lived'))
  // A reload sees the same.
  const reloaded = openRunModel({ api, clock: systemClock, id: 'lived' })
  await waitFor('the end', () => reloaded.link.kind === 'ended', 60_000)
  assertSame(reloaded.track('recent'), timeline)
  reloaded.close()
})

test('a run that waits for its drivers shows itself, and one that nobody knows does not', async () => {
  await using world = await ApiWorld.start({ drivers: 1 })
  const api = new NodeClient(world.url)
  const waiting = world.scenario(10, 1, 2, { start: { deadline: '60s' } })
  const created = await world.ask('POST', '/api/runs', { id: 'waits', scenario: waiting })
  assert.equal(created.status, 201)
  const model = openRunModel({ api, clock: systemClock, id: 'waits' })
  await waitFor('the stream', () => model.link.kind === 'live' && model.track('recent') !== undefined, 60_000)
  assert.equal(model.track('recent')?.length, 0)
  assert.equal(model.result?.startedAt, null)
  model.close()
  const unknown = openRunModel({ api, clock: systemClock, id: 'nobody' })
  await waitFor('the answer', () => unknown.link.kind === 'failed', 60_000)
  unknown.close()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../../testing/fake-clock.ts'
import { ApiProblem } from '../api-client.ts'
import { followEvents, type StreamEvent, type StreamState } from './event-source.ts'

const encoder = new TextEncoder()
const frame = (event: string, data: unknown, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

const unreachable = (): ApiProblem =>
  new ApiProblem({ status: 0, code: 'UNREACHABLE', detail: 'No answer came.' })
const problem = (status: number): ApiProblem =>
  new ApiProblem({ status, code: 'SOME', detail: `refused with ${status}` })

/** What the page sees as a connection; the test is the other side. */
class Connection {
  isOpen = true
  isAborted = false
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  readonly body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      this.#controller = controller
    },
    cancel: () => {
      this.isOpen = false
      this.isAborted = true
    },
  })

  send(text: string): void {
    if (this.isOpen) this.#controller?.enqueue(encoder.encode(text))
  }

  end(): void {
    if (this.isOpen) this.#controller?.close()
    this.isOpen = false
  }

  fail(): void {
    if (this.isOpen) this.#controller?.error(new TypeError('network error'))
    this.isOpen = false
  }
}

/** Answers each request as `answer` says, and the page that follows it. */
const open = (
  answer: (path: string, attempt: number) => Connection | Error | 'nothing',
  visibility?: { isHidden: boolean },
) => {
  const clock = new FakeClock()
  const asked: { path: string; atMs: number }[] = []
  const events: StreamEvent[] = []
  const states: StreamState[] = []
  const listeners = new Set<() => void>()
  const follow = followEvents({
    api: {
      stream: (path, signal) => {
        asked.push({ path, atMs: clock.nowMs() })
        const given = answer(path, asked.length)
        if (given instanceof Error) return Promise.reject(given)
        if (given !== 'nothing') return Promise.resolve(given.body)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    },
    path: '/api/events',
    clock,
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
    visibility: {
      isHidden: () => visibility?.isHidden ?? false,
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
  })
  const turn = async (isHidden: boolean): Promise<void> => {
    if (visibility !== undefined) visibility.isHidden = isHidden
    for (const listener of listeners) listener()
    await clock.advance(0)
  }
  return {
    clock,
    asked,
    events,
    states,
    follow,
    turn,
    listeners,
    kinds: () => states.map(({ kind }) => kind),
  }
}

test('events are told in order, and the end ends it', async () => {
  const connection = new Connection()
  const page = open(() => connection)
  await page.clock.advance(0)
  connection.send(frame('update', { a: 1 }, 5) + frame('tick', { atMs: 1 }) + frame('upd', {}, 6).slice(0, 9))
  connection.send(frame('upd', {}, 6).slice(9))
  connection.send(frame('end', { id: 'x' }, 7) + frame('update', {}, 8))
  await page.clock.advance(0)
  assert.deepEqual(page.events, [
    { event: 'update', id: 5, data: { a: 1 } },
    { event: 'tick', id: undefined, data: { atMs: 1 } },
    { event: 'upd', id: 6, data: {} },
    { event: 'end', id: 7, data: { id: 'x' } },
  ])
  assert.deepEqual(page.kinds(), ['live', 'ended'])
  await page.clock.advance(60_000)
  assert.equal(page.asked.length, 1)
  assert.equal(page.clock.pending, 0)
  assert.equal(connection.isAborted, true)
})

test('a break that heals within 3 s is no news; it goes on behind the last event', async () => {
  const connections = [new Connection(), new Connection()]
  const page = open((_, attempt) => connections[attempt - 1] as Connection)
  await page.clock.advance(0)
  connections[0]?.send(frame('update', {}, 41))
  await page.clock.advance(900)
  connections[0]?.fail()
  await page.clock.advance(499)
  assert.equal(page.asked.length, 1)
  await page.clock.advance(1)
  connections[1]?.send(frame('update', {}, 42))
  await page.clock.advance(0)
  assert.equal(page.asked[1]?.path, '/api/events?after=41')
  assert.deepEqual(page.kinds(), ['live'])
  assert.deepEqual(
    page.events.map(({ id }) => id),
    [41, 42],
  )
  page.follow.close()
})

for (const [what, failure] of [
  ['nobody answers', unreachable],
  ['it is refused for now', () => problem(503)],
  [
    'it ends at once, without `end`',
    () => {
      const made = new Connection()
      made.end()
      return made
    },
  ],
  [
    'it is no stream of events',
    () => {
      const made = new Connection()
      made.send('data: <html>\n\n')
      return made
    },
  ],
] as const)
  test(`where ${what}, it is tried again after 0.5, 1, 2, 4, 5, 5 s`, async () => {
    const page = open(failure)
    await page.clock.advance(18_000)
    const times = page.asked.map(({ atMs }) => atMs)
    assert.deepEqual(
      times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0)),
      [500, 1000, 2000, 4000, 5000, 5000],
    )
    assert.equal(page.states.at(-1)?.kind, 'stale')
    page.follow.close()
    assert.equal(page.clock.pending, 0)
  })

test('an event makes the next wait short again', async () => {
  let connection = new Connection()
  const page = open((_, attempt) => {
    connection = new Connection()
    if (attempt < 5) return unreachable()
    return connection
  })
  await page.clock.advance(7500)
  assert.equal(page.asked.length, 5)
  connection.send(frame('update', {}, 1))
  await page.clock.advance(100)
  connection.end()
  await page.clock.advance(500)
  assert.equal(page.asked.length, 6)
  page.follow.close()
})

test('silence is stale after 3 s since the last word, and given up after 10 s', async () => {
  const connections = [new Connection(), new Connection()]
  const page = open((_, attempt) => connections[attempt - 1] as Connection)
  await page.clock.advance(0)
  connections[0]?.send(frame('update', {}, 1))
  await page.clock.advance(0)
  const heardMs = page.clock.wallMs()
  await page.clock.advance(2999)
  assert.deepEqual(page.kinds(), ['live'])
  await page.clock.advance(1)
  assert.deepEqual(page.states.at(-1), { kind: 'stale', sinceMs: heardMs, why: 'nothing came for 3 s' })
  await page.clock.advance(6999)
  assert.equal(connections[0]?.isAborted, false)
  await page.clock.advance(1)
  assert.equal(connections[0]?.isAborted, true)
  assert.deepEqual(page.states.at(-1), { kind: 'stale', sinceMs: heardMs, why: 'nothing came for 10 s' })
  await page.clock.advance(500)
  connections[1]?.send(frame('tick', {}))
  await page.clock.advance(0)
  assert.equal(page.states.at(-1)?.kind, 'live')
  assert.equal(page.asked.length, 2)
  page.follow.close()
})

test('a page that tries again and again still says stale after 3 s', async () => {
  const connection = new Connection()
  const page = open((_, attempt) => (attempt === 1 ? connection : unreachable()))
  await page.clock.advance(0)
  connection.send(frame('update', {}, 1))
  await page.clock.advance(0)
  connection.fail()
  await page.clock.advance(2999)
  assert.deepEqual(page.kinds(), ['live'])
  await page.clock.advance(1)
  assert.deepEqual(page.kinds(), ['live', 'stale'])
  page.follow.close()
})

test('an answer without a head is given up after 10 s', async () => {
  const page = open(() => 'nothing')
  await page.clock.advance(10_499)
  assert.equal(page.asked.length, 1)
  await page.clock.advance(1)
  assert.equal(page.asked.length, 2)
  assert.equal(page.states.at(-1)?.kind, 'stale')
  page.follow.close()
})

for (const status of [401, 403, 404])
  test(`${status} is for the caller to judge: it is over, or tried again`, async () => {
    const connection = new Connection()
    const page = open((_, attempt) => (attempt < 3 ? problem(status) : connection))
    await page.clock.advance(60_000)
    assert.equal(page.asked.length, 1)
    assert.deepEqual(page.kinds(), ['refused'])
    page.follow.retry()
    assert.deepEqual(page.kinds(), ['refused', 'stale'])
    await page.clock.advance(500)
    assert.equal(page.states.at(-1)?.kind, 'refused')
    page.follow.retry()
    await page.clock.advance(1000)
    connection.send(frame('tick', {}))
    await page.clock.advance(0)
    assert.equal(page.states.at(-1)?.kind, 'live')
    page.follow.close()
    assert.equal(page.clock.pending, 0)
  })

test('a hidden page lets go of its connection and takes it up again where it was', async () => {
  const connections = [new Connection(), new Connection()]
  const page = open((_, attempt) => connections[attempt - 1] as Connection, { isHidden: false })
  await page.clock.advance(0)
  connections[0]?.send(frame('update', {}, 8))
  await page.clock.advance(0)
  await page.turn(true)
  assert.equal(connections[0]?.isAborted, true)
  assert.equal(page.clock.pending, 0)
  await page.clock.advance(60_000)
  assert.equal(page.asked.length, 1)
  await page.turn(false)
  assert.equal(page.asked[1]?.path, '/api/events?after=8')
  connections[1]?.send(frame('tick', {}))
  await page.clock.advance(0)
  assert.deepEqual(page.kinds(), ['live', 'hidden', 'live'])
  page.follow.close()
  assert.equal(page.listeners.size, 0)
})

test('a page that opens hidden asks when it is seen', async () => {
  const connection = new Connection()
  const page = open(() => connection, { isHidden: true })
  await page.clock.advance(60_000)
  assert.equal(page.asked.length, 0)
  await page.turn(false)
  connection.send(frame('tick', {}))
  await page.clock.advance(0)
  assert.deepEqual(page.kinds(), ['live'])
  page.follow.close()
  await page.clock.advance(60_000)
  assert.equal(page.asked.length, 1)
  assert.equal(connection.isAborted, true)
})

test('a head that comes after it was closed is let go of', async () => {
  const connection = new Connection()
  const page = open(() => connection)
  page.follow.close()
  await page.clock.advance(0)
  assert.equal(connection.isAborted, true)
  assert.deepEqual(page.states, [])
})

/** As the orchestrator's feed: numbers without holes, the newest kept, else `reset` and the newest. */
class Feed {
  readonly kept = 6
  seq: number
  first: number
  events: { seq: number; text: string }[] = []
  readonly #clients = new Set<Connection>()
  isAway = false

  constructor(seq = 1000) {
    this.seq = seq
    this.first = seq + 1
  }

  publish(event = 'update'): void {
    const seq = ++this.seq
    const text = frame(event, { seq }, seq)
    this.events.push({ seq, text })
    this.events = this.events.slice(-this.kept)
    for (const client of this.#clients) client.send(text)
    if (event === 'end') for (const client of this.#clients) client.end()
  }

  /** Another life: numbers go on elsewhere, and nothing is kept. */
  restart(ahead: number): void {
    for (const client of this.#clients) client.fail()
    this.#clients.clear()
    this.seq += ahead
    this.events = []
  }

  join(path: string): Connection | Error {
    if (this.isAway) return unreachable()
    const connection = new Connection()
    const given = /after=(\d+)/.exec(path)?.[1]
    const newest = this.events.at(-1)
    const after = given === undefined ? (newest?.seq ?? this.seq + 1) - 1 : Number(given)
    const first = this.events[0]?.seq ?? this.seq + 1
    if (after < first - 1 || after > this.seq)
      connection.send(frame('reset', { after, newest: this.seq }) + (newest?.text ?? ''))
    else for (const { seq, text } of this.events) if (seq > after) connection.send(text)
    this.#clients.add(connection)
    return connection
  }

  each(act: (client: Connection) => void): void {
    for (const client of this.#clients) act(client)
    this.#clients.clear()
  }

  /** The next event reaches its clients only up to some byte, then the connection is gone. */
  publishTorn(cut: number): void {
    const seq = ++this.seq
    const text = frame('update', { seq }, seq)
    this.events.push({ seq, text })
    this.events = this.events.slice(-this.kept)
    this.each((client) => {
      client.send(text.slice(0, cut % text.length))
      client.end()
    })
  }
}

test('whatever breaks, no event is lost unseen and none is told twice', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ kind: 'publish' as const, value: 0 }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('tear' as const), value: fc.nat(60) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), value: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('mute' as const), value: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), value: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), value: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('hide' as const), value: fc.nat(1) }) },
  )
  const script = fc.array(fc.tuple(step, fc.constantFrom(0, 100, 1000, 4000)), {
    minLength: 1,
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const feed = new Feed()
      const page = open((path) => feed.join(path), { isHidden: false })
      await page.clock.advance(0)
      /** Everything that was ever said, and what a reset says is to be had elsewhere. */
      const published: number[] = []
      for (const [{ kind, value }, waitMs] of steps) {
        if (kind === 'publish') feed.publish()
        else if (kind === 'tear') feed.publishTorn(value)
        else if (kind === 'fail') feed.each((client) => (value === 0 ? client.end() : client.fail()))
        else if (kind === 'mute') feed.each(() => {})
        else if (kind === 'away') feed.isAway = value === 1
        else if (kind === 'restart') feed.restart(value)
        else await page.turn(value === 1)
        if (kind === 'publish' || kind === 'tear') published.push(feed.seq)
        await page.clock.advance(waitMs)
      }
      feed.isAway = false
      await page.turn(false)
      await page.clock.advance(30_000)
      feed.publish('end')
      await page.clock.advance(20_000)
      assert.deepEqual(page.states.at(-1), { kind: 'ended' })
      const told = page.events.flatMap(({ event, id }) => (event === 'update' ? [id ?? 0] : []))
      assert.deepEqual(
        told,
        [...new Set(told)].sort((a, b) => a - b),
      )
      // Behind each event the next one follows, or a reset says up to where the history is to be read again.
      let last: number | undefined
      let covered = 0
      for (const { event, id, data } of page.events) {
        if (event === 'reset') covered = (data as { newest: number }).newest
        if (event !== 'update' || id === undefined) continue
        const missed = published.filter((seq) => seq > (last ?? id - 1) && seq < id)
        assert.ok(
          missed.every((seq) => seq <= covered),
          `${missed} between ${last} and ${id} are lost, covered up to ${covered}`,
        )
        last = id
      }
      const after = published.filter((seq) => seq > (last ?? Number.POSITIVE_INFINITY))
      assert.ok(
        after.every((seq) => seq <= covered),
        `${after} are lost at the end`,
      )
      page.follow.close()
      assert.equal(page.clock.pending, 0)
    }),
    { seed: 11, numRuns: 150 },
  )
})

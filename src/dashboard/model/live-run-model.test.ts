import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeColumn } from '../../results/heat-column.ts'
import type { RunUpdate, UpdateSecond } from '../../results/run-update.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { noTimes } from '../../testing/sample-result.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import { openRunModel } from './live-run-model.ts'
import type { RunModel } from './run-model.ts'
import { figureNames, type Track } from './track.ts'
import { GrowingTrack } from './track-growing.ts'
import { trackRowOf } from './track-row.ts'

const encoder = new TextEncoder()

/** An orchestrator with one run, as a page sees it: what is asked for and when it answers is the test's. */
class FakeOrchestrator implements Pick<ApiClient, 'get' | 'stream'> {
  readonly clock: FakeClock
  readonly asked: string[] = []
  /** By second; the last may be incomplete. `undefined`: nobody reported it. */
  rows: (UpdateSecond | undefined)[] = []
  complete = 0
  seq = 1000
  kept: { seq: number; text: string }[] = []
  state: RunUpdate['state'] = 'running'
  isAway = false
  isUnknown = false
  latencyMs = 0
  /** Of the run, in its result. */
  requests = 0
  firstKeptSeq = 1001
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>()

  constructor(clock: FakeClock) {
    this.clock = clock
  }

  get openStreams(): number {
    return this.#streams.size
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    this.asked.push(path)
    if (this.latencyMs > 0)
      await new Promise<void>((resolve) => this.clock.after(this.latencyMs / 2, resolve))
    this.#check()
    const answer = this.#answer(new URL(path, 'http://x'))
    if (this.latencyMs > 0)
      await new Promise<void>((resolve) => this.clock.after(this.latencyMs / 2, resolve))
    if (this.isAway) this.#check()
    signal?.throwIfAborted()
    return answer as T
  }

  async stream(path: string): Promise<ReadableStream<Uint8Array>> {
    this.asked.push(path)
    this.#check()
    const given = /after=(\d+)/.exec(path)?.[1]
    let mine: ReadableStreamDefaultController<Uint8Array> | undefined
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller
        this.#streams.add(controller)
        const newest = this.kept.at(-1)
        const after = given === undefined ? (newest?.seq ?? this.seq + 1) - 1 : Number(given)
        const first = this.kept[0]?.seq ?? this.seq + 1
        if (after < first - 1 || after > this.seq)
          controller.enqueue(
            encoder.encode(frame('reset', { after, newest: this.seq }) + (newest?.text ?? '')),
          )
        else for (const { seq, text } of this.kept) if (seq > after) controller.enqueue(encoder.encode(text))
        if (this.state === 'finished') this.breakStreams()
      },
      cancel: () => {
        if (mine !== undefined) this.#streams.delete(mine)
      },
    })
  }

  /** Another second is complete, and one update says so. */
  complete1(given: UpdateSecond | 'gap' = secondOf(this.complete)): void {
    const row = given === 'gap' ? undefined : given
    this.rows[this.complete] = row
    this.complete++
    this.publish(row === undefined ? [] : [row])
  }

  /** A report came late. */
  replace(row: UpdateSecond): void {
    this.rows[row.second] = row
    this.publish([row])
  }

  publish(seconds: UpdateSecond[], more: Partial<RunUpdate> = {}): void {
    this.#send('update', {
      id: 'r1',
      request: '*',
      atMs: this.clock.wallMs(),
      state: this.state,
      outcome: null,
      elapsedMs: this.complete * 1000,
      askedPerSecond: 100,
      seconds,
      totals: { started: 0, sent: 0, answered: 0, unsent: 0, inFlight: 0, errors: {} },
      drivers: [],
      slo: [],
      steering: [],
      ...more,
    })
  }

  end(): void {
    this.complete = this.rows.length
    this.state = 'finished'
    this.#send('end', { id: 'r1', outcome: 'passed', why: [], error: null })
    this.breakStreams()
  }

  breakStreams(fails = false): void {
    for (const stream of this.#streams) {
      if (fails) stream.error(new TypeError('network error'))
      else stream.close()
    }
    this.#streams.clear()
  }

  /** Its numbers go on elsewhere, and it keeps no earlier event. */
  restart(): void {
    this.breakStreams(true)
    this.seq += 5000
    this.kept = []
  }

  #send(event: string, data: object): void {
    const seq = ++this.seq
    const text = frame(event, event === 'update' ? { seq, ...data } : data, seq)
    this.kept = [...this.kept, { seq, text }].slice(-5)
    for (const stream of this.#streams) stream.enqueue(encoder.encode(text))
  }

  #check(): void {
    if (this.isAway) throw new ApiProblem({ status: 0, code: 'UNREACHABLE', detail: 'No answer came.' })
    if (this.isUnknown)
      throw new ApiProblem({ status: 404, code: 'RUN_UNKNOWN', detail: 'There is no such run.' })
  }

  #answer({ pathname, searchParams }: URL): unknown {
    if (!pathname.endsWith('/timeline'))
      return {
        id: 'r1',
        state: this.state,
        elapsedMs: this.complete * 1000,
        requests: new Array(this.requests).fill({}),
        drivers: [],
        steering: [],
      }
    assert.equal(searchParams.get('columns'), 'true')
    const step = Number(searchParams.get('step'))
    const from = Number(searchParams.get('from'))
    const to = Number(searchParams.get('to') ?? Number.POSITIVE_INFINITY)
    const request = searchParams.get('request') ?? '*'
    const rows: UpdateSecond[] = []
    for (let start = 0; start < this.rows.length; start += step) {
      const group = this.rows.slice(start, start + step).filter((row) => row !== undefined)
      const last = group.at(-1)
      if (last === undefined || start + step <= from || start >= to) continue
      const sum = (figure: 'started' | 'sent' | 'answered' | 'unsent'): number =>
        group.reduce((all, row) => all + row[figure], 0)
      rows.push({
        ...last,
        second: start,
        started: sum('started'),
        sent: sum('sent'),
        answered: request === '*' ? sum('answered') : 1,
        unsent: sum('unsent'),
      })
    }
    return rows
  }
}

const frame = (event: string, data: object, seq?: number): string =>
  `${seq === undefined ? '' : `id: ${seq}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

const secondOf = (second: number, salt = 0, drivers = 2): UpdateSecond => ({
  second,
  drivers,
  started: 100 + (second % 7) + salt,
  sent: 100 + (second % 7),
  answered: 90 + (second % 5) + salt,
  unsent: second % 3,
  inFlight: second % 11,
  errors: second % 4 === 0 ? { timeout: 1 } : {},
  responseTimeMs: { ...noTimes, count: 90, median: 1 + (second % 9), p90: 5, p99: 6 + salt, p999: 7, max: 8 },
  serviceTimeMs: { median: 2, p99: 3, max: 4 },
  sendLatenessMs: { median: 0.1, p99: 0.2, max: 0.3 },
  responseColumn: encodeColumn([0, 0, second + 1, salt]),
  serviceColumn: encodeColumn([1]),
})

/** What a track says, for comparing. */
const contentOf = (track: Track | undefined): unknown =>
  track === undefined
    ? undefined
    : {
        step: track.step,
        first: track.first,
        seconds: [...track.seconds],
        figures: Object.fromEntries(figureNames.map((name) => [name, [...track.figures[name]]])),
        response: track.response.map((counts) => counts && [...counts]),
        service: track.service.map((counts) => counts && [...counts]),
        errors: [...track.errors],
      }

/** The track that the rows make, from `first` on. */
const trackOf = (rows: readonly (UpdateSecond | undefined)[], first = 0): Track => {
  const track = new GrowingTrack(1, first)
  for (const row of rows) if (row !== undefined) track.put(row.second, trackRowOf(row, '*'))
  return track
}

const open = async (
  prepare: (orchestrator: FakeOrchestrator) => void = () => {},
  visibility?: { isHidden(): boolean; onChange(listener: () => void): () => void },
) => {
  const clock = new FakeClock()
  const orchestrator = new FakeOrchestrator(clock)
  prepare(orchestrator)
  const model = openRunModel({ api: orchestrator, clock, id: 'r1', visibility })
  const links: string[] = []
  model.onChange(() => {
    if (links.at(-1) !== model.link.kind) links.push(model.link.kind)
  })
  await clock.advance(0)
  return { clock, orchestrator, model, links }
}

const answeredOf = (model: RunModel): (number | null)[] => [
  ...(model.track('recent')?.figures.answered ?? []),
]

test('a page that opens in the middle has all seconds, and each new one when it is told', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    for (let i = 0; i < 30; i++) it.complete1()
  })
  assert.equal(model.link.kind, 'live')
  assert.equal(model.result?.id, 'r1')
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  const version = model.track('recent')?.version ?? 0
  orchestrator.complete1()
  await clock.advance(0)
  assert.equal(model.track('recent')?.length, 31)
  assert.ok((model.track('recent')?.version ?? 0) > version)
  assert.equal(model.latest?.elapsedMs, 31_000)
  assert.equal(model.track('whole'), model.track('recent'))
  model.close()
  assert.equal(clock.pending, 0)
  assert.equal(orchestrator.openStreams, 0)
})

test('the stream is open before the timeline is asked for', async () => {
  const { orchestrator, model } = await open((it) => it.complete1())
  const kinds = orchestrator.asked.map((path) => /events|timeline/.exec(path)?.[0] ?? 'result')
  assert.deepEqual(kinds, ['events', 'result', 'timeline'])
  assert.equal(orchestrator.asked[2], '/api/runs/r1/timeline?columns=true&step=1&request=*&from=0')
  model.close()
})

test('a second that the stream tells while the timeline is on its way is not undone by it', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    it.latencyMs = 1000
    for (let i = 0; i < 5; i++) it.complete1()
  })
  await clock.advance(700)
  orchestrator.replace(secondOf(2, 9))
  orchestrator.complete1(secondOf(5, 3))
  await clock.advance(1000)
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  assert.equal(model.track('recent')?.figures.p99[2], 15)
  model.close()
})

test('a second that only some drivers have reported is shown when it is complete', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    for (let i = 0; i < 5; i++) it.complete1()
    it.rows[5] = secondOf(5, 0, 1)
  })
  assert.equal(model.track('recent')?.length, 5)
  orchestrator.complete1()
  await clock.advance(0)
  assert.deepEqual(model.track('recent')?.figures.drivers.slice(4), [2, 2])
  model.close()
})

test('seconds that fewer drivers reported stay, with their number; a second of nobody is a gap', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    it.complete1()
    it.complete1('gap')
    it.complete1(secondOf(2, 0, 1))
    it.complete1(secondOf(3, 0, 0))
    it.complete1(secondOf(4, 0, 1))
  })
  orchestrator.complete1(secondOf(5, 0, 1))
  await clock.advance(0)
  const track = model.track('recent')
  assert.deepEqual(track?.figures.drivers, [2, null, 1, null, 1, 1])
  assert.deepEqual(track?.figures.sent, [100, null, 102, null, 104, 105])
  assert.equal(track?.response[1], null)
  assert.equal(track?.errors[3], null)
  model.close()
})

test('a break goes on behind the last event; a hole reads the timeline again', async () => {
  const { clock, orchestrator, model, links } = await open((it) => it.complete1())
  const timelines = (): number => orchestrator.asked.filter((path) => path.includes('timeline')).length
  orchestrator.breakStreams(true)
  for (let i = 0; i < 3; i++) orchestrator.complete1()
  await clock.advance(600)
  assert.equal(timelines(), 1)
  assert.equal(model.track('recent')?.length, 4)
  orchestrator.breakStreams(true)
  for (let i = 0; i < 20; i++) orchestrator.complete1()
  orchestrator.replace(secondOf(0, 4))
  for (let i = 0; i < 20; i++) orchestrator.complete1()
  await clock.advance(2000)
  assert.equal(timelines(), 2)
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  assert.deepEqual(links, ['live'])
  model.close()
})

test('an orchestrator that was killed: stale since the last word, and all of it when it is back', async () => {
  const { clock, orchestrator, model, links } = await open((it) => it.complete1())
  const heardMs = clock.wallMs()
  orchestrator.breakStreams(true)
  orchestrator.isAway = true
  await clock.advance(4000)
  assert.deepEqual(model.link, { kind: 'stale', sinceMs: heardMs, why: 'No answer came.' })
  for (let i = 0; i < 10; i++) orchestrator.complete1()
  orchestrator.restart()
  orchestrator.isAway = false
  orchestrator.isUnknown = true
  await clock.advance(20_000)
  assert.equal(model.link.kind, 'stale')
  assert.equal(model.track('recent')?.length, 1)
  orchestrator.isUnknown = false
  orchestrator.complete1()
  await clock.advance(6000)
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  orchestrator.complete1()
  await clock.advance(0)
  assert.equal(model.link.kind, 'live')
  assert.ok(
    links.every((kind) => kind === 'live' || kind === 'stale'),
    links.join(),
  )
  model.close()
})

test('a run that stays unknown for a minute is gone', async () => {
  const { clock, orchestrator, model } = await open((it) => it.complete1())
  orchestrator.restart()
  orchestrator.isUnknown = true
  await clock.advance(50_000)
  assert.equal(model.link.kind, 'stale')
  await clock.advance(20_000)
  assert.equal((model.link as { problem?: ApiProblem }).problem?.code, 'RUN_UNKNOWN')
  assert.equal(model.track('recent')?.length, 1)
  const { length } = orchestrator.asked
  await clock.advance(60_000)
  assert.equal(orchestrator.asked.length, length)
  model.close()
})

test('a run that never was is said at once', async () => {
  const { model, orchestrator, clock } = await open((it) => {
    it.isUnknown = true
  })
  assert.equal(model.link.kind, 'failed')
  assert.equal(model.track('recent'), undefined)
  await clock.advance(60_000)
  assert.equal(orchestrator.asked.length, 2)
  model.close()
})

test('a run of the past: its record and its seconds, and no stream stays', async () => {
  const { clock, orchestrator, model, links } = await open((it) => {
    for (let i = 0; i < 40; i++) it.complete1()
    it.end()
  })
  assert.equal(model.link.kind, 'ended')
  assert.ok(!links.includes('live'))
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  await clock.advance(60_000)
  assert.equal(orchestrator.asked.length, 4)
  assert.equal(orchestrator.openStreams, 0)
  assert.equal(clock.pending, 0)
})

test('the end brings the last seconds, even those that were never told', async () => {
  const { clock, orchestrator, model, links } = await open((it) => it.complete1())
  orchestrator.complete1()
  await clock.advance(0)
  orchestrator.rows.push(secondOf(2), secondOf(3, 0, 1))
  orchestrator.rows[1] = secondOf(1, 8)
  orchestrator.end()
  await clock.advance(0)
  assert.deepEqual(links, ['live', 'ended'])
  assert.equal(model.result?.state, 'finished')
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  assert.equal(clock.pending, 0)
})

test('an end whose figures do not come is stale until they do', async () => {
  const { clock, orchestrator, links } = await open((it) => it.complete1())
  orchestrator.end()
  orchestrator.isAway = true
  await clock.advance(3100)
  orchestrator.isAway = false
  await clock.advance(5000)
  assert.deepEqual(links, ['live', 'stale', 'ended'])
  assert.equal(clock.pending, 0)
})

test('a queued run has no rows yet, and gets them', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    it.state = 'queued'
    it.publish([])
  })
  assert.equal(model.track('recent')?.length, 0)
  assert.equal(model.link.kind, 'live')
  const results = (): number => orchestrator.asked.filter((path) => path === '/api/runs/r1').length
  const before = results()
  orchestrator.state = 'running'
  orchestrator.complete1()
  await clock.advance(0)
  assert.equal(results(), before + 1, 'a change of state asks for the result')
  assert.equal(model.track('recent')?.length, 1)
  model.close()
})

for (const [requests, what, each20s] of [
  [3, 'with each update', 20],
  [41, 'each 5 s where it is large', 4],
] as const)
  test(`the result is asked for ${what} while the run goes on, and after steering`, async () => {
    const { clock, orchestrator, model } = await open((it) => {
      it.requests = requests
      it.complete1()
    })
    const results = (): number => orchestrator.asked.filter((path) => path === '/api/runs/r1').length
    const before = results()
    for (let i = 0; i < 20; i++) {
      orchestrator.complete1()
      await clock.advance(1000)
    }
    // The one of the opening may still count for the first 5 s.
    assert.ok(Math.abs(results() - before - each20s) <= 1, String(results() - before))
    const after = results()
    orchestrator.publish([], { steering: [{ atMs: 1, command: 'rate', scale: 2, by: 'api' }] })
    await clock.advance(0)
    assert.equal(results(), after + 1)
    model.close()
  })

test('another request: its own history and its own stream', async () => {
  const { clock, orchestrator, model, links } = await open((it) => {
    for (let i = 0; i < 3; i++) it.complete1()
  })
  orchestrator.latencyMs = 100
  model.choose('GET /a b')
  assert.equal(model.request, 'GET /a b')
  assert.equal(model.track('recent'), undefined)
  await clock.advance(200)
  const last = orchestrator.asked.slice(-2)
  assert.deepEqual(last, [
    '/api/runs/r1/events?request=GET%20%2Fa%20b',
    '/api/runs/r1/timeline?columns=true&step=1&request=GET%20%2Fa%20b&from=0',
  ])
  assert.deepEqual(answeredOf(model).slice(0, 2), [1, 1])
  assert.equal(orchestrator.openStreams, 1)
  assert.equal(model.link.kind, 'live')
  model.choose('*')
  model.choose('GET /a b')
  model.choose('*')
  await clock.advance(500)
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  orchestrator.end()
  await clock.advance(500)
  assert.equal(links.at(-1), 'ended')
  model.choose('GET /a b')
  await clock.advance(500)
  assert.deepEqual(answeredOf(model), [1, 1, 1])
  assert.equal(links.at(-1), 'ended')
  assert.equal(clock.pending, 0)
})

test('a hidden page asks for nothing, and has everything when it is seen again', async () => {
  let isHidden = false
  let turn = (): void => {}
  const { clock, orchestrator, model } = await open((it) => it.complete1(), {
    isHidden: () => isHidden,
    onChange: (listener) => {
      turn = listener
      return () => {}
    },
  })
  isHidden = true
  turn()
  await clock.advance(0)
  const { length } = orchestrator.asked
  assert.equal(orchestrator.openStreams, 0)
  for (let i = 0; i < 50; i++) orchestrator.complete1()
  await clock.advance(50_000)
  assert.equal(orchestrator.asked.length, length)
  isHidden = false
  turn()
  await clock.advance(0)
  assert.deepEqual(contentOf(model.track('recent')), contentOf(trackOf(orchestrator.rows)))
  model.close()
})

test('the whole of a long run is added up by the orchestrator, and only new groups are fetched', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    for (let i = 0; i < 1205; i++) it.complete1()
  })
  assert.equal(model.track('recent')?.length, 1205)
  assert.equal(model.track('whole'), model.track('recent'), 'until it is here')
  await clock.advance(0)
  const whole = model.track('whole')
  assert.deepEqual([whole?.step, whole?.length], [2, 602])
  const [a, b] = [secondOf(10), secondOf(11)]
  assert.equal(whole?.figures.answered[5], (a.answered + b.answered) / 2)
  assert.equal(whole?.seconds[5], 10)
  const { length } = orchestrator.asked
  for (let i = 0; i < 4; i++) {
    orchestrator.complete1()
    await clock.advance(0)
    model.track('whole')
    await clock.advance(0)
  }
  assert.deepEqual(orchestrator.asked.slice(length), [
    '/api/runs/r1/timeline?columns=true&step=2&request=*&from=1204&to=1206',
    '/api/runs/r1/timeline?columns=true&step=2&request=*&from=1206&to=1208',
  ])
  assert.equal(model.track('whole')?.length, 604)
  orchestrator.replace(secondOf(7, 50))
  await clock.advance(0)
  model.track('whole')
  await clock.advance(0)
  assert.equal(
    model.track('whole')?.figures.asked[3],
    (secondOf(6).started + secondOf(7, 50).started + 1) / 2,
  )
  orchestrator.end()
  await clock.advance(0)
  model.track('whole')
  await clock.advance(0)
  const ended = model.track('whole')
  assert.equal(ended?.length, 605)
  assert.equal(ended?.figures.answered.at(-1), secondOf(1208).answered, 'the last row covers one second')
  model.close()
})

test('a run that outgrows its step is fetched once more, and shown in the old one until then', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    for (let i = 0; i < 2400; i++) it.complete1()
  })
  model.track('whole')
  await clock.advance(0)
  assert.equal(model.track('whole')?.step, 2)
  orchestrator.complete1()
  await clock.advance(0)
  assert.equal(model.track('whole')?.step, 2)
  await clock.advance(0)
  assert.deepEqual([model.track('whole')?.step, model.track('whole')?.length], [5, 480])
  model.close()
})

test('of a very long run the newest hour is kept second by second', async () => {
  const { clock, orchestrator, model } = await open((it) => {
    for (let i = 0; i < 10_000; i++) it.rows.push(secondOf(i))
    it.complete = 10_000
    it.publish([])
  })
  const track = model.track('recent')
  assert.deepEqual([track?.first, track?.length], [6400, 3600])
  orchestrator.complete1()
  await clock.advance(0)
  assert.ok((track?.length ?? 0) <= 3600 && (track?.first ?? 0) > 6400)
  assert.equal(track?.seconds.at(-1), 10_000)
  assert.deepEqual(contentOf(track), contentOf(trackOf(orchestrator.rows, track?.first)))
  assert.equal(model.track('whole'), undefined)
  await clock.advance(0)
  assert.deepEqual([model.track('whole')?.step, model.track('whole')?.first], [10, 0])
  model.close()
})

test('a new second costs the same in the first minute and in the second hour', async () => {
  const { clock, orchestrator, model } = await open()
  let puts = 0
  let moved = 0
  const { put, dropOldest } = GrowingTrack.prototype
  GrowingTrack.prototype.put = function (at, row) {
    puts++
    put.call(this, at, row)
  }
  GrowingTrack.prototype.dropOldest = function (count) {
    moved += this.length - count
    dropOldest.call(this, count)
  }
  try {
    const costs: { puts: number; moved: number; asked: number }[] = []
    for (let minute = 0; minute < 80; minute++) {
      const before = { puts, moved, asked: orchestrator.asked.length }
      for (let i = 0; i < 60; i++) {
        orchestrator.complete1()
        await clock.advance(1000)
        model.track('recent')
      }
      costs.push({
        puts: puts - before.puts,
        moved: moved - before.moved,
        asked: orchestrator.asked.length - before.asked,
      })
    }
    assert.ok(
      costs.every((cost) => cost.puts === 60),
      JSON.stringify(costs.map((cost) => cost.puts)),
    )
    assert.ok(
      costs.slice(1).every(({ asked }) => asked === 60),
      JSON.stringify(costs.map(({ asked }) => asked)),
    )
    // Letting go of the oldest moves the rest: of an hour at most once in 300 seconds, which is 11 rows a second.
    const all = costs.reduce((sum, cost) => sum + cost.moved, 0)
    assert.ok(all > 0 && all / (80 * 60) < 12, `${all} rows moved`)
    const track = model.track('recent')
    assert.ok(track !== undefined && track.length <= 3600 && track.length > 3200)
  } finally {
    GrowingTrack.prototype.put = put
    GrowingTrack.prototype.dropOldest = dropOldest
    model.close()
  }
})

test('whatever breaks, in the end every second is as the orchestrator has it', async () => {
  const act = fc.oneof(
    { weight: 8, arbitrary: fc.constant({ kind: 'second' as const, value: 0 }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('late' as const), value: fc.nat(50) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('break' as const), value: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('gap' as const), value: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), value: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const, value: 0 }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('latency' as const), value: fc.constantFrom(0, 300, 2500) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('partial' as const), value: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'choose' as const, value: 0 }) },
  )
  const script = fc.array(fc.tuple(act, fc.constantFrom(0, 200, 1000, 4000)), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(script, fc.boolean(), async (acts, endsAway) => {
      const { clock, orchestrator, model } = await open((it) => it.complete1())
      for (const [{ kind, value }, waitMs] of acts) {
        if (kind === 'second') orchestrator.complete1(secondOf(orchestrator.complete, value))
        else if (kind === 'late') {
          const at = value % orchestrator.complete
          if (orchestrator.rows[at] !== undefined) orchestrator.replace(secondOf(at, value + 1))
        } else if (kind === 'break') orchestrator.breakStreams(value === 1)
        else if (kind === 'gap')
          orchestrator.complete1(value === 0 ? 'gap' : secondOf(orchestrator.complete, 0, 1))
        else if (kind === 'away') orchestrator.isAway = value === 1
        else if (kind === 'restart') orchestrator.restart()
        else if (kind === 'latency') orchestrator.latencyMs = value
        else if (kind === 'partial')
          orchestrator.rows[orchestrator.complete] = secondOf(orchestrator.complete, 0, 1)
        else {
          model.choose('other')
          model.choose('*')
        }
        await clock.advance(waitMs)
      }
      orchestrator.isAway = false
      orchestrator.complete1()
      await clock.advance(30_000)
      orchestrator.complete1()
      await clock.advance(12_000)
      const truth = (): unknown => contentOf(trackOf(orchestrator.rows.slice(0, orchestrator.complete)))
      assert.deepEqual(contentOf(model.track('recent')), truth(), 'while it goes on')
      if (endsAway) orchestrator.breakStreams()
      orchestrator.end()
      await clock.advance(30_000)
      assert.equal(model.link.kind, 'ended')
      assert.deepEqual(contentOf(model.track('recent')), truth(), 'at the end')
      assert.equal(clock.pending, 0)
    }),
    { seed: 21, numRuns: 120 },
  )
})

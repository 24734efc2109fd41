import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { ApiWorld } from '../testing/api-world.ts'
import { HeardStream } from '../testing/read-stream.ts'
import { sampleResult } from '../testing/sample-result.ts'
import { waitFor } from '../testing/wait-for.ts'

let world: ApiWorld

before(async () => {
  world = await ApiWorld.start({ limits: { streams: 220 } })
})
after(() => world[Symbol.asyncDispose]())

const begin = async (id: string, perSecond: number, seconds: number): Promise<void> => {
  const { status, text } = await world.ask('POST', '/api/runs', {
    id,
    scenario: world.scenario(perSecond, seconds),
  })
  assert.equal(status, 201, text)
}

const range = (count: number): number[] => [...Array(count).keys()]

/** Each second that the run has: on a busy machine its last answers may come one later than planned. */
const secondsOf = (id: string): number[] => range(world.run(id).state.seconds.length)

/** One may be told again, when a report came late. */
const distinct = (seconds: number[]): number[] => [...new Set(seconds)].sort((a, b) => a - b)

describe('the events of a run', () => {
  it('tell every second once and the end, without buffering or caching on the way', async () => {
    await begin('told', 50, 3)
    const response = await fetch(`${world.url}/api/runs/told/events`)
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('x-accel-buffering'), 'no')
    await response.body?.cancel()
    const stream = new HeardStream(`${world.url}/api/runs/told/events`)
    await stream.ended
    assert.deepEqual(distinct(stream.seconds), secondsOf('told'))
    assert.deepEqual(stream.events.at(-1)?.event, 'end')
    assert.equal(stream.events.at(-1)?.data.outcome, 'passed')
    const ids = stream.events.flatMap(({ id }) => id ?? [])
    assert.deepEqual(
      ids,
      range(ids.length).map((i) => (ids[0] ?? 0) + i),
    )
    for (const { id, data } of stream.updates) assert.equal(data.seq, id)
    // As many events as seconds, and some of the phases; never one for each change.
    const { length } = secondsOf('told')
    assert.ok(stream.updates.length <= 2 * length + 6, `${stream.updates.length} updates`)
  })

  it('are resumed without a hole by who lost the connection', async () => {
    await begin('resumed', 50, 5)
    const events = `${world.url}/api/runs/resumed/events`
    const first = new HeardStream(events)
    await waitFor('two seconds', () => first.seconds.length >= 2)
    first.leave()
    await first.ended.catch(() => {})
    const last = first.events.findLast(({ id }) => id !== undefined)?.id
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const second = new HeardStream(events, { 'last-event-id': String(last) })
    await second.ended
    assert.equal(
      second.events.some(({ event }) => event === 'reset'),
      false,
    )
    assert.deepEqual(distinct([...first.seconds, ...second.seconds]), secondsOf('resumed'))
    assert.equal(second.events[0]?.id, (last ?? 0) + 1)
    const third = new HeardStream(`${events}?after=5`)
    await third.ended
    assert.equal(third.events[0]?.event, 'reset')
    assert.equal(third.events.at(-1)?.event, 'end')
  })

  it('that were missed come after the end too, and the end has one number whenever it is asked for', async () => {
    await begin('ended', 50, 3)
    const events = `${world.url}/api/runs/ended/events`
    const first = new HeardStream(events)
    await waitFor('a second', () => first.seconds.length >= 1)
    first.leave()
    await first.ended.catch(() => {})
    const last = first.events.findLast(({ id }) => id !== undefined)?.id ?? 0
    await waitFor('the end', () => world.run('ended').state.phase === 'finished', 30_000)
    // So long that a feed which nobody listens to would be gone.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    for (let i = 0; i < 2; i++) {
      const again = new HeardStream(events, { 'last-event-id': String(last) })
      await again.ended
      const ids = again.events.flatMap(({ id }) => id ?? [])
      assert.deepEqual(
        ids,
        range(ids.length).map((n) => last + 1 + n),
      )
      assert.equal(again.events.at(-1)?.event, 'end')
      assert.deepEqual(distinct([...first.seconds, ...again.seconds]), secondsOf('ended'))
    }
  })

  it('of one request hold its figures', async () => {
    const requests = [{ get: '/a' }, { get: '/b' }]
    const scenario = { ...world.scenario(40, 1), http: { target: world.target.url, requests } }
    await world.ask('POST', '/api/runs', { id: 'both', scenario })
    const all = new HeardStream(`${world.url}/api/runs/both/events`)
    const one = new HeardStream(`${world.url}/api/runs/both/events?request=GET%20/a`)
    await Promise.all([all.ended, one.ended])
    const answered = (stream: HeardStream): number =>
      stream.updates
        .flatMap(({ data }) => data.seconds as { answered: number }[])
        .reduce((sum, second) => sum + second.answered, 0)
    assert.equal(answered(all), 40)
    assert.ok(answered(one) > 0 && answered(one) < 40)
  })

  it('of a run of the past are its end', async () => {
    world.store.keep(sampleResult({ id: 'past' }))
    const stream = new HeardStream(`${world.url}/api/runs/past/events`)
    await stream.ended
    assert.deepEqual(
      stream.events.map(({ event }) => event),
      ['end'],
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    const later = new HeardStream(`${world.url}/api/runs/past/events?after=5`)
    await later.ended
    assert.deepEqual(later.events, stream.events)
    assert.equal((await world.ask('GET', '/api/runs/nobody/events')).status, 404)
  })

  it('reach 200 clients; one that never reads holds up neither them nor the run', async () => {
    await begin('crowd', 100, 4)
    const deaf: Socket = connect({ port: Number(new URL(world.url).port), host: '127.0.0.1' })
    deaf.pause()
    deaf.on('error', () => {})
    deaf.write('GET /api/runs/crowd/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    const streams = range(200).map(() => new HeardStream(`${world.url}/api/runs/crowd/events`))
    await Promise.all(streams.map(({ ended }) => ended))
    deaf.destroy()
    for (const stream of streams) {
      const seconds = distinct(stream.seconds)
      // Who came when a second was over already begins with it.
      assert.deepEqual(seconds, secondsOf('crowd').slice(-seconds.length))
      assert.ok(seconds.length >= 1)
      assert.equal(stream.events.at(-1)?.event, 'end')
    }
    const { totals, outcome } = (await world.ask('GET', '/api/runs/crowd')).json as ReturnType<
      typeof sampleResult
    >
    assert.equal(totals.sent, 400)
    assert.equal(outcome, 'passed')
  })

  it('are limited in number, and room is made by who leaves', async () => {
    await begin('limited', 10, 600)
    const streams = range(220).map(() => new HeardStream(`${world.url}/api/runs/limited/events`))
    await waitFor('all streams', () => streams.every(({ events }) => events.length > 0))
    const refused = await world.ask('GET', '/api/events')
    assert.equal(refused.status, 503)
    assert.match(refused.text, /STREAM_LIMIT/)
    for (const stream of streams.slice(1)) stream.leave()
    await waitFor('room', async () =>
      /groundswell_event_streams 1\n/.test((await world.ask('GET', '/metrics')).text),
    )
    const fleet = new HeardStream(`${world.url}/api/events`)
    await waitFor('two events', () => fleet.updates.length >= 2)
    const update = fleet.updates.at(-1)?.data as { runs: { id: string }[]; drivers: Record<string, number> }
    assert.ok(update.runs.some(({ id }) => id === 'limited'))
    assert.equal(
      Object.values(update.drivers).reduce((sum, count) => sum + count, 0),
      2,
    )
    fleet.leave()
    await world.ask('POST', '/api/runs/limited/stop')
    await streams[0]?.ended
    assert.equal(streams[0]?.events.at(-1)?.event, 'end')
  })

  it('end when the API is closed, which nobody holds up', async () => {
    const other = await ApiWorld.start({ drivers: 0 })
    await other.ask('POST', '/api/runs', { id: 'waiting', scenario: other.scenario() })
    const stream = new HeardStream(`${other.url}/api/runs/waiting/events`)
    const fleet = new HeardStream(`${other.url}/api/events`)
    await waitFor('events', () => stream.events.length > 0 && fleet.events.length > 0)
    await other.api.close()
    await Promise.all([stream.ended, fleet.ended])
    await other[Symbol.asyncDispose]()
  })
})

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { drawInteger, streamOf } from '../../lib/random.ts'
import { serverIdentity } from '../../testing/certificates.ts'
import { openHandles } from '../../testing/open-handles.ts'
import { closeRawServers, onRequests, startRawServer } from '../../testing/raw-server.ts'
import { RecordingExchange } from '../../testing/recording-exchange.ts'
import { closeTestClients, createTestClient } from '../../testing/test-client.ts'
import { waitFor } from '../../testing/wait-for.ts'

afterEach(closeTestClients)
afterEach(closeRawServers)

/*
 * Thousands of exchanges against a server that does, by lot, everything to a connection that a server can do. Every
 * request carries a number and every answer repeats it, so that an answer to another request would be seen.
 */

const behaviours = [
  ...Array<'answer'>(12).fill('answer'),
  'pieces',
  'chunked',
  'closeDelimited',
  'sayClose',
  'answerThenFin',
  'answerThenRst',
  'answerAndRest',
  'finFirst',
  'rstFirst',
  'finWithin',
  'rstWithin',
  'garbage',
  'stall',
  'stallWithin',
] as const

const sized = (id: string, fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${id.length}\r\n\r\n${id}`

const chunked = (id: string): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${id.length.toString(16)}\r\n${id}\r\n0\r\nX-Trailer: 1\r\n\r\n`

interface Seen {
  /** How often the request came whole. */
  times: number
  /** Octets of the latest whole answer; undefined: it got none. */
  answerBytes: number | undefined
}

const runLottery = async (options: { seed: number; isSecure: boolean; reuse: boolean; total: number }) => {
  let draws = 0
  const pick = (limit: number): number => {
    draws += 1
    return drawInteger(options.seed, streamOf('lottery'), draws, 0, limit - 1)
  }
  const seen = new Map<string, Seen>()
  const faults: string[] = []
  let requestBytesSeen = 0

  // Node resets no TLS sockets.
  const reset = (socket: Socket): unknown => (options.isSecure ? socket.destroy() : socket.resetAndDestroy())

  const act = (socket: Socket, id: string): { finished: boolean } => {
    const entry = seen.get(id) ?? { times: 0, answerBytes: undefined }
    seen.set(id, entry)
    entry.times += 1
    entry.answerBytes = undefined
    const whole = (text: string): string => {
      entry.answerBytes = text.length
      return text
    }
    const behaviour = behaviours[pick(behaviours.length)]
    switch (behaviour) {
      case 'answer':
        socket.write(whole(sized(id)))
        return { finished: false }
      case 'pieces': {
        const text = whole(sized(id))
        const cut = 1 + pick(text.length - 1)
        socket.write(text.slice(0, cut))
        setImmediate(() => socket.write(text.slice(cut)))
        return { finished: false }
      }
      case 'chunked':
        socket.write(whole(chunked(id)))
        return { finished: false }
      case 'closeDelimited':
        socket.end(whole(`HTTP/1.1 200 OK\r\n\r\n${id}`))
        return { finished: true }
      case 'sayClose':
        socket.write(whole(sized(id, 'Connection: close\r\n')), () => setImmediate(() => socket.end()))
        return { finished: true }
      case 'answerThenFin':
        // A request may be on its way already: it may come here, unanswered, so the connection is not finished.
        socket.end(whole(sized(id)))
        return { finished: false }
      case 'answerThenRst':
        socket.write(whole(sized(id)), () => reset(socket))
        return { finished: false }
      case 'answerAndRest':
        socket.write(`${whole(sized(id))}XYZ`)
        return { finished: true }
      case 'finFirst':
        socket.end()
        return { finished: true }
      case 'rstFirst':
        reset(socket)
        return { finished: true }
      case 'finWithin':
        socket.end(sized(id).slice(0, 1 + pick(30)))
        return { finished: true }
      case 'rstWithin':
        socket.write(sized(id).slice(0, 1 + pick(30)), () => reset(socket))
        return { finished: true }
      case 'garbage':
        socket.write('\0\x01\x02 nonsense\r\n\r\n')
        return { finished: true }
      case 'stallWithin':
        socket.write(sized(id).slice(0, 20))
        return { finished: true }
      default:
        return { finished: true }
    }
  }

  const server = await startRawServer(
    (socket) => {
      let isFinished = false
      onRequests(socket, (head) => {
        const id = /^\w+ \/(\S+)/.exec(head)?.[1] ?? ''
        requestBytesSeen += head.length + 4
        if (isFinished) faults.push(`${id} came over a connection that must not be used again`)
        else if (!socket.writableEnded && !socket.destroyed) isFinished = act(socket, id).finished
      })
    },
    options.isSecure ? { tls: serverIdentity() } : {},
  )

  let opened = 0
  const client = createTestClient({
    connections: 16,
    reuse: options.reuse,
    tls: { insecure: true, resume: true },
    onConnectionOpened: () => {
      opened += 1
    },
  })
  const origin = client.origin(new URL(server.url))
  const exchanges: RecordingExchange[] = []
  const sendNext = (): void => {
    if (exchanges.length === options.total) return
    const isIdempotent = pick(2) === 0
    const id = String(exchanges.length).padStart(6, '0')
    const method = isIdempotent ? 'GET' : 'POST'
    const exchange = new RecordingExchange(origin, {
      bytes: Buffer.from(`${method} /${id} HTTP/1.1\r\nHost: ${origin.host}\r\n\r\n`),
      isIdempotent,
      timeoutMs: 100 + pick(2),
      onEnd: sendNext,
    })
    exchanges.push(exchange)
    client.send(exchange)
  }
  for (let n = 0; n < 32; n += 1) sendNext()
  await waitFor(
    'all exchanges to end',
    () => exchanges.length === options.total && client.inFlight === 0,
    60_000,
  )
  await client.close(0)
  await server.close()

  const requestBytesSent = exchanges.reduce((sum, { sends, bytes }) => sum + sends.length * bytes.length, 0)
  assert.deepEqual(faults, [])
  assert.ok(requestBytesSeen <= requestBytesSent, 'more came than was sent')
  const counts: Record<string, number> = { opened }
  const count = (key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1
  }
  for (const [n, exchange] of exchanges.entries()) {
    const id = String(n).padStart(6, '0')
    const { endings, sends, isIdempotent } = exchange
    const [ending] = endings
    const came = seen.get(id) ?? { times: 0, answerBytes: undefined }
    assert.equal(endings.length, 1, `${id} ended ${endings.length} times`)
    assert.ok(ending !== undefined && ending.how !== 'unsent', JSON.stringify(ending))
    assert.ok(sends.length <= 2 && sends[0] !== true, `${id}: ${sends}`)
    assert.ok(
      came.times <= sends.length,
      `${id} came ${came.times} times, and was sent ${sends.length} times`,
    )
    // Whatever its method, a request that the server took is sent again only if it is idempotent.
    if (!isIdempotent) assert.ok(came.times <= 1, `POST ${id} came ${came.times} times`)
    if (sends.length === 2) count(isIdempotent ? 'retried GET' : 'retried POST')
    if (ending.how === 'answered') {
      assert.equal(exchange.body, id, 'an answer met another request')
      assert.equal(ending.bytesIn, came.answerBytes, `octets of the answer to ${id}`)
      assert.ok(exchange.flushed)
      count('answered')
    } else {
      if (sends.length === 2 && !options.reuse) assert.fail('sent again though no connection is used twice')
      count(ending.kind)
    }
  }
  return counts
}

for (const [what, isSecure, reuse, seed, total] of [
  ['kept-alive connections', false, true, 11, 3000],
  ['a new connection each', false, false, 12, 1500],
  ['TLS', true, true, 13, 1500],
] as const) {
  test(`Over ${what}, every exchange ends once, meets its own answer, and no rule of reuse or retry is broken`, async () => {
    await waitFor('the handles of earlier tests to go', () => openHandles().length === 0)
    // The lottery is worth something only if all of this came up; on a busy machine, time-outs may crowd out the rare.
    const wanted = ['answered', 'reset', 'protocol', 'timeout', 'opened', ...(reuse ? ['retried GET'] : [])]
    const counts: Record<string, number> = {}
    for (let round = 0; round < 5 && wanted.some((key) => counts[key] === undefined); round += 1) {
      const more = await runLottery({ seed: seed + 100 * round, isSecure, reuse, total })
      for (const [key, count] of Object.entries(more)) counts[key] = (counts[key] ?? 0) + count
    }
    for (const key of wanted) assert.ok((counts[key] ?? 0) > 0, `${key}: ${JSON.stringify(counts)}`)
    for (const kind of ['connect', 'resolve', 'tls'])
      assert.equal(counts[kind], undefined, JSON.stringify(counts))
    await waitFor('no handle to be left', () => openHandles().length === 0)
  })
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { AppError, type ErrorCode } from '../../lib/errors.ts'
import { recordingLogger } from '../../testing/recording-logger.ts'
import { connectKafkaBus } from './kafka-bus.ts'
import { checkKafkaOptions, type KafkaOptions, parseBrokerAddress } from './kafka-options.ts'

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Connects where there is no Kafka; the error, which has to have that code. */
const fail = async (
  address: string,
  code: ErrorCode,
  options: Partial<KafkaOptions> = {},
): Promise<{ error: AppError; waiting: number }> => {
  const logger = recordingLogger()
  let caught: unknown
  try {
    await connectKafkaBus(
      { brokers: [address], startWaitMs: 700, ...options },
      { clock: systemClock, logger },
    )
  } catch (error) {
    caught = error
  }
  assert.ok(caught instanceof AppError, String(caught))
  assert.equal(caught.code, code, caught.message)
  return { error: caught, waiting: logger.count('info', /^waiting for Kafka at/) }
}

test('a broker that never comes is given up after the time to wait, with its address and the cause', async () => {
  const server = createServer()
  const address = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  const { error, waiting } = await fail(address, 'BUS_UNREACHABLE')
  assert.equal(waiting, 1)
  assert.ok(error.message.includes(address))
  assert.match(error.message, /within 0\.7 s: connection refused/)
})

test('a host that nobody knows is said so', async () => {
  const { error } = await fail('kafka.invalid:9092', 'BUS_UNREACHABLE', { startWaitMs: 3_000 })
  assert.match(error.message, /kafka\.invalid:9092/)
})

test('an HTTP server is told from Kafka at once', async () => {
  const server = createHttpServer()
  try {
    const { error, waiting } = await fail(await listen(server), 'BUS_UNREACHABLE', { startWaitMs: 60_000 })
    assert.match(error.message, /an HTTP server answers there, not Kafka/)
    assert.equal(waiting, 0)
  } finally {
    server.close()
  }
})

test('something that takes connections and never answers is given up in time', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})))
  try {
    const { error } = await fail(await listen(server), 'BUS_UNREACHABLE')
    assert.match(error.message, /no answer/)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

test('something that hangs up is given up in time', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).end())
  try {
    const { error } = await fail(await listen(server), 'BUS_UNREACHABLE')
    assert.match(error.message, /is it Kafka/)
  } finally {
    server.close()
  }
})

test('addresses are read with and without a port, and as IPv6', () => {
  const cases: [string, { host: string; port: number } | undefined][] = [
    ['kafka', { host: 'kafka', port: 9092 }],
    ['kafka.example:9093', { host: 'kafka.example', port: 9093 }],
    ['[::1]:19092', { host: '::1', port: 19092 }],
    ['[::1]', { host: '::1', port: 9092 }],
    ['', undefined],
    ['kafka:0', undefined],
    ['kafka:99999', undefined],
    ['kafka://a:1', undefined],
    ['a b:1', undefined],
  ]
  for (const [text, expected] of cases) assert.deepEqual(parseBrokerAddress(text), expected, text)
})

test('wrong options are named, and a password never shown', () => {
  const cases: [unknown, RegExp][] = [
    [{ brokers: [] }, /brokers: at least one/],
    [{ brokers: ['a b'] }, /brokers\.0: HOST:PORT/],
    [{ brokers: ['a'], topicPrefix: 'a/b' }, /topicPrefix/],
    [{ brokers: ['a'], clientId: '' }, /clientId/],
    [{ brokers: ['a'], sasl: { mechanism: 'MD5', username: 'u', password: 'planted' } }, /sasl\.mechanism/],
    [{ brokers: ['a'], unknown: 1 }, /unknown/i],
  ]
  for (const [options, message] of cases)
    assert.throws(
      () => checkKafkaOptions(options as KafkaOptions),
      (error: unknown) => {
        assert.ok(error instanceof AppError && error.code === 'USAGE')
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /planted/)
        return true
      },
    )
})

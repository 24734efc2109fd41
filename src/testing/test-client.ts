import { systemClock } from '../lib/clock.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import type { Origin } from '../workloads/http/exchange.ts'
import { HttpClient, type HttpClientOptions } from '../workloads/http/http-client.ts'
import { type Ending, RecordingExchange, type RecordingExchangeOptions } from './recording-exchange.ts'

const clients: HttpClient[] = []

/** For `afterEach`: closes what a failed test left open, so that the process ends. */
export const closeTestClients = async (): Promise<void> => {
  await Promise.all(clients.splice(0).map((client) => client.close(0)))
}

/** An HTTP client on the real clock that may reach loopback only; any option can be set otherwise. */
export const createTestClient = (options: Partial<HttpClientOptions> = {}): HttpClient => {
  const client = new HttpClient({
    connections: 4,
    reuse: true,
    connectTimeoutMs: 10_000,
    idleTimeoutMs: 20_000,
    localAddresses: [],
    tls: { insecure: false, resume: true },
    maxHeadBytes: 65_536,
    clock: systemClock,
    allow: new AllowList(['127.0.0.0/8', '::1']),
    ...options,
  })
  clients.push(client)
  return client
}

/** Sends one exchange and keeps it. */
export const send = (
  client: HttpClient,
  target: string | Origin,
  options: RecordingExchangeOptions = {},
): RecordingExchange => {
  const origin = typeof target === 'string' ? client.origin(new URL(target)) : target
  const exchange = new RecordingExchange(origin, options)
  client.send(exchange)
  return exchange
}

/** Sends one exchange and waits for its end. */
export const ask = (
  client: HttpClient,
  target: string | Origin,
  options: RecordingExchangeOptions = {},
): Promise<Ending> => send(client, target, options).ended

import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import { Recorders } from '../../measuring/recorders.ts'
import type { Load, Scenario } from '../../scenario/scenario.ts'
import type { Workload } from '../workload.ts'
import { AllowList } from './allow-list.ts'
import { peakPerSecond } from './connections-ahead.ts'
import { createHttpWorkload, type HttpWorkloadOptions } from './http-workload.ts'

/**
 * A new process runs its first thousands of requests many times slower than the rest: code is interpreted, then compiled.
 * At a high rate that makes a backlog of tens of milliseconds, which is the driver's and would be taken for the target's.
 * So before it says *ready*, a driver with much to do makes requests of the same kind to a server within itself.
 */
const warmUpRequests = 4000
const warmUpLimitMs = 300
const warmUpInFlight = 8

/** Below so many a second nothing piles up while code is compiled. */
const warmUpFromPerSecond = 500

/** As {@link createHttpWorkload}, with a warm-up in `open` where the load is worth it. */
export const createWarmHttpWorkload = (options: HttpWorkloadOptions): Workload => {
  const workload = createHttpWorkload(options)
  const { scenario, share, clock } = options
  if (!isBusy(scenario.load, share.of)) return workload
  const open = workload.open.bind(workload)
  workload.open = async () => {
    await warmUp(clock)
    await open()
  }
  return workload
}

const isBusy = (load: Load, drivers: number): boolean =>
  load.kind === 'avalanche' || peakPerSecond(load, drivers) >= warmUpFromPerSecond

/** Resolves after so many requests or so much time, and leaves nothing behind. A machine that forbids it is left cold. */
export const warmUp = async (clock: Clock): Promise<number> => {
  const server = await listen()
  if (server === undefined) return 0
  const endMs = clock.nowMs() + warmUpLimitMs
  let started = 0
  let ended = 0
  const { promise: done, resolve: finish } = Promise.withResolvers<void>()
  const workload = createHttpWorkload({
    scenario: scenarioFor(server.url),
    share: { index: 0, of: 1 },
    assets: new Map(),
    recorders: new Recorders(),
    clock,
    allow: new AllowList(['127.0.0.1']),
    onEnd: () => {
      ended++
      if (started < warmUpRequests && clock.nowMs() < endMs) workload.start(started++, clock.nowMs())
      else if (ended === started) finish()
    },
  })
  try {
    await workload.open()
    while (started < warmUpInFlight) workload.start(started++, clock.nowMs())
    await done
  } finally {
    await workload.close(0)
    await server.close()
  }
  return ended
}

const response = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: warm-up\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nConnection: keep-alive\r\n\r\nHello World',
)

const listen = async (): Promise<{ url: string; close(): Promise<void> } | undefined> => {
  // At most one request is under way on a connection, and it is small: what arrives at once is one.
  const server: Server = createServer((socket) => {
    socket.on('data', () => socket.write(response))
    socket.on('error', () => socket.destroy())
  })
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(0, '127.0.0.1', () => resolve(true))
  })
  if (!isListening) return undefined
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}

const scenarioFor = (target: string): Scenario => ({
  name: 'warm-up',
  seed: 0,
  drivers: 1,
  labels: {},
  start: { deadlineMs: warmUpLimitMs, atLeast: 1 },
  http: {
    targets: [target],
    timeoutMs: 1000,
    connectTimeoutMs: 1000,
    connections: warmUpInFlight,
    reuse: true,
    idleTimeoutMs: 1000,
    localAddresses: [],
    tls: { insecure: false, resume: false },
    headers: {},
    redirects: 0,
    maxHeadBytes: 65_536,
    maxKeptBodyBytes: 65_536,
    preflight: false,
    feeders: {},
    requests: [
      {
        kind: 'request',
        name: 'warm-up',
        weight: 1,
        method: 'GET',
        url: '/',
        headers: {},
        checks: [{ kind: 'statusBelow', name: 'status < 400', below: 400 }],
        captures: [],
      },
    ],
  },
  load: {
    kind: 'avalanche',
    inFlight: warmUpInFlight,
    requests: warmUpRequests,
    maxInFlight: warmUpInFlight,
  },
  slo: [],
})

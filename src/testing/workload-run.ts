import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Measurement } from '../measuring/measurement.ts'
import { Recorders } from '../measuring/recorders.ts'
import type {
  HttpJob,
  JourneySpec,
  Load,
  Operation,
  RequestSpec,
  Scenario,
  Step,
} from '../scenario/scenario.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { createHttpWorkload, type HttpWorkloadOptions } from '../workloads/http/http-workload.ts'
import type { Workload } from '../workloads/workload.ts'

/** A request as an independent parser (that of node:http) read it. */
export interface ReceivedRequest {
  method: string
  /** With the query. */
  path: string
  /** Names and values in turn, as they came; octets as latin1. */
  rawHeaders: string[]
  headers: IncomingMessage['headers']
  body: Buffer
}

export interface RecordingServer {
  url: string
  received: ReceivedRequest[]
  close(): Promise<void>
}

/**
 * A server on loopback that writes down every request whole before it answers; without a listener with 200 and `hello`.
 * It is closed at the end of the test at the latest.
 */
export const startRecordingServer = async (
  t: TestContext,
  answer: (request: ReceivedRequest, response: Parameters<RequestListener>[1]) => void = (_, response) =>
    response.end('hello'),
): Promise<RecordingServer> => {
  const received: ReceivedRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', rawHeaders, headers } = request
      const whole = { method, path, rawHeaders, headers, body: Buffer.concat(chunks) }
      received.push(whole)
      answer(whole, response)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  t.after(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, close }
}

export const requestSpec = (request: Partial<RequestSpec> = {}): RequestSpec => ({
  kind: 'request',
  name: 'request',
  weight: 1,
  method: 'GET',
  url: '/',
  headers: {},
  checks: [],
  captures: [],
  ...request,
})

export const journeySpec = (steps: Step[], journey: Partial<JourneySpec> = {}): JourneySpec => ({
  kind: 'journey',
  name: 'journey',
  weight: 1,
  steps,
  ...journey,
})

export const httpJob = (targets: string[], requests: Operation[], job: Partial<HttpJob> = {}): HttpJob => ({
  targets,
  timeoutMs: 5000,
  connectTimeoutMs: 3000,
  connections: 4,
  reuse: true,
  idleTimeoutMs: 4000,
  localAddresses: [],
  tls: { insecure: false, resume: true },
  headers: {},
  redirects: 0,
  maxHeadBytes: 65_536,
  maxKeptBodyBytes: 1_000_000,
  preflight: false,
  feeders: {},
  requests,
  ...job,
})

export const httpScenario = (http: HttpJob, scenario: Partial<Scenario> = {}): Scenario => ({
  name: 'test',
  seed: 42,
  drivers: 1,
  labels: {},
  start: { deadlineMs: 1000, atLeast: 1 },
  http,
  load: { kind: 'avalanche', inFlight: 4, requests: 1, maxInFlight: 100 } satisfies Load,
  slo: [],
  ...scenario,
})

export interface WorkloadRun {
  /** What was measured, summed up to the end: requests under their name, journeys as `journey NAME`. */
  measured(name: string): Measurement
}

export interface WorkloadUnderTest {
  workload: Workload
  recorders: Recorders
  ended(): number
}

/** Not opened yet. `onEnd` is called after the end was counted. */
export const createWorkloadUnderTest = (
  scenario: Scenario,
  options: Partial<HttpWorkloadOptions> = {},
): WorkloadUnderTest => {
  const recorders = new Recorders()
  let ended = 0
  const { onEnd, ...rest } = options
  const workload = createHttpWorkload({
    scenario,
    share: { index: 0, of: 1 },
    assets: new Map(),
    recorders,
    clock: systemClock,
    allow: new AllowList(AllowList.defaults),
    ...rest,
    onEnd: () => {
      ended++
      onEnd?.()
    },
  })
  return { workload, recorders, ended: () => ended }
}

/**
 * Opens a workload, carries out the operations of its share among 0 .. `operations`-1, at most `concurrency` at once, and
 * closes it.
 */
export const runWorkload = async (
  scenario: Scenario,
  operations: number,
  options: Partial<HttpWorkloadOptions> & { concurrency?: number } = {},
): Promise<WorkloadRun> => {
  const { concurrency = 4, ...rest } = options
  const clock: Clock = rest.clock ?? systemClock
  const share = rest.share ?? { index: 0, of: 1 }
  let next = share.index
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  let starting = false
  const startMore = (): void => {
    if (starting) return
    starting = true
    while (next < operations && workload.inFlight < concurrency) {
      const index = next
      next += share.of
      workload.start(index, clock.nowMs())
    }
    starting = false
    if (next >= operations && workload.inFlight === 0) finish()
  }
  const { workload, recorders } = createWorkloadUnderTest(scenario, { ...rest, onEnd: startMore })
  try {
    await workload.open()
    startMore()
    await finished
  } finally {
    await workload.close(0)
  }
  return measuredBy(recorders)
}

/** What was recorded up to now, by name; an unknown name is a mistake of the test. */
export const measuredBy = (recorders: Recorders): WorkloadRun => {
  const byName = new Map(
    recorders
      .take()
      .map(({ name, kind, measurement }) => [kind === 'journey' ? `journey ${name}` : name, measurement]),
  )
  return {
    measured: (name) => {
      const measurement = byName.get(name)
      if (measurement === undefined)
        throw new Error(`nothing was measured under "${name}", but under ${[...byName.keys()].join(', ')}`)
      return measurement
    },
  }
}

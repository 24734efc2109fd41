import type { DriverResult, Figures, RunResult, TimeFigures, TimelineRow } from '../results/run-result.ts'
import type { Scenario } from '../scenario/scenario.ts'

/** A run as rich as they come, for tests of whatever shows or stores one. Its parts add up to its totals. */

export const noTimes: TimeFigures = {
  count: 0,
  min: null,
  mean: null,
  median: null,
  mode: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
}

/** A plausible distribution around `medianMs`, its shape always the same. */
const sampleTimes = (count: number, medianMs: number): TimeFigures => {
  if (count === 0) return noTimes
  const at = (factor: number): number => Number((medianMs * factor).toPrecision(3))
  return {
    count,
    min: at(0.4),
    mean: at(1.3),
    median: at(1),
    mode: at(0.9),
    p90: at(2.1),
    p95: at(3.2),
    p99: at(8.4),
    p999: at(21),
    max: at(40),
  }
}

const constantTimes = (count: number, ms: number): TimeFigures => ({
  count,
  min: ms,
  mean: ms,
  median: ms,
  mode: ms,
  p90: ms,
  p95: ms,
  p99: ms,
  p999: ms,
  max: ms,
})

/** Figures of `answered` answers and, for each ten thousand, two time-outs and one reset. */
export const sampleFigures = (answered: number, medianMs: number, seconds = 30): Figures => {
  const tenThousands = Math.round(answered / 10_000)
  const errors: Record<string, number> =
    tenThousands === 0 ? {} : { timeout: 2 * tenThousands, reset: tenThousands }
  const failed = 3 * tenThousands
  return {
    totals: {
      started: answered + failed,
      sent: answered + failed,
      answered,
      retried: 0,
      unsent: 0,
      unsentReasons: {},
      inFlight: 0,
      errors,
      errorDetails:
        tenThousands === 0
          ? {}
          : {
              'timeout: no complete response within 10 s': 2 * tenThousands,
              'reset: connection closed by the target after 312 bytes': tenThousands,
            },
      status: { '200': answered },
      checks: {},
      bytesIn: answered * 1_480,
      bytesOut: answered * 162,
      connectionsOpened: 100,
      answeredPerSecond: answered / seconds,
    },
    responseTimeMs: sampleTimes(answered, medianMs),
    serviceTimeMs: sampleTimes(answered, medianMs * 0.98),
    sendLatenessMs: sampleTimes(answered + failed, 0.05),
    errorTimeMs:
      failed === 0 ? noTimes : { ...constantTimes(failed, 10_000), min: 240, mean: 6_750, mode: 10_000 },
  }
}

const scenario: Scenario = {
  name: 'shop',
  seed: 42,
  drivers: 2,
  labels: { build: '1.4.2' },
  start: { deadlineMs: 30_000, atLeast: 2 },
  http: {
    targets: ['http://127.0.0.1:8080'],
    timeoutMs: 10_000,
    connectTimeoutMs: 3_000,
    connections: 100,
    reuse: true,
    idleTimeoutMs: 30_000,
    localAddresses: [],
    tls: { insecure: false, resume: true },
    headers: {},
    redirects: 0,
    maxHeadBytes: 65_536,
    maxKeptBodyBytes: 1_048_576,
    preflight: true,
    feeders: {},
    requests: [
      {
        kind: 'request',
        name: 'GET /',
        weight: 8,
        method: 'GET',
        url: '/',
        headers: {},
        checks: [],
        captures: [],
      },
      {
        kind: 'journey',
        name: 'buy',
        weight: 2,
        steps: [
          {
            kind: 'request',
            name: 'POST /login',
            weight: 1,
            method: 'POST',
            url: '/login',
            headers: {},
            checks: [{ kind: 'status', name: 'status is 201', statuses: ['201'] }],
            captures: [],
          },
        ],
      },
    ],
  },
  load: {
    kind: 'rate',
    perSecond: 2_000,
    durationMs: 30_000,
    maxInFlight: 10_000,
    arrivals: 'uniform',
    perDriver: false,
  },
  slo: [],
}

/** One of the run's drivers, half of the load on it. */
export const sampleDriver = (id: string, share: number, over: Partial<DriverResult> = {}): DriverResult => ({
  id,
  state: 'finished',
  reason: '',
  share,
  isForeign: false,
  assumedFinished: false,
  pid: 4_100 + share,
  cpu: 0.31,
  clock: null,
  ...sampleFigures(30_000, 2.1),
  ...over,
})

/** One written by others: of its counts only those given are known, of its times not all. */
export const sampleForeignDriver = (
  id: string,
  known: Partial<DriverResult['totals']>,
  over: Partial<DriverResult> = {},
): DriverResult => {
  const unknown = { count: null, p90: null, p95: null, p99: null, p999: null }
  const noneSaid = { ...noTimes, ...unknown }
  return {
    ...sampleDriver(id, 0),
    share: null,
    isForeign: true,
    pid: null,
    cpu: null,
    totals: {
      started: null,
      sent: null,
      answered: null,
      retried: null,
      unsent: null,
      unsentReasons: null,
      inFlight: null,
      errors: null,
      errorDetails: null,
      status: null,
      checks: null,
      bytesIn: null,
      bytesOut: null,
      connectionsOpened: null,
      answeredPerSecond: null,
      ...known,
    },
    responseTimeMs: { ...noneSaid, min: 2, mean: 5, median: 4, max: 40 },
    serviceTimeMs: noneSaid,
    sendLatenessMs: noneSaid,
    errorTimeMs: noneSaid,
    ...over,
  }
}

/** 60,000 answers in 30 s on two drivers; passed. Fields given replace whole fields. */
export const sampleResult = (over: Partial<RunResult> = {}): RunResult => {
  const overall = sampleFigures(60_000, 2.1)
  return {
    id: '20260301-101500-k3f9',
    name: 'shop',
    scenario,
    seed: 42,
    labels: { build: '1.4.2' },
    state: 'finished',
    outcome: 'passed',
    error: null,
    why: [],
    warnings: [],
    createdAt: '2026-03-01T10:15:00.000Z',
    startedAt: '2026-03-01T10:15:01.000Z',
    finishedAt: '2026-03-01T10:15:31.200Z',
    elapsedMs: 30_000,
    plan: {
      load: '2,000/s for 30 s, over 2 drivers',
      drivers: 2,
      targets: ['http://127.0.0.1:8080'],
      durationMs: 30_000,
      operations: 60_000,
    },
    ...overall,
    totals: { ...overall.totals, checks: { 'status is 201': { passed: 10_000, failed: 0 } } },
    requests: [
      { name: 'GET /', kind: 'request', ...sampleFigures(50_000, 1.9) },
      { name: 'POST /login', kind: 'request', ...sampleFigures(10_000, 4.2) },
      { name: 'buy', kind: 'journey', ...sampleFigures(10_000, 4.2) },
    ],
    drivers: [sampleDriver('d1', 0), sampleDriver('d2', 1)],
    slo: [
      { text: 'p99 < 250ms', passed: true, observed: 17.6, observedText: '17.6 ms', brokenAtSecond: null },
      { text: 'errors < 0.1%', passed: true, observed: 0.0003, observedText: '0.03 %', brokenAtSecond: null },
    ],
    startSkewMs: 1.2,
    startSkewUncertaintyMs: 0.4,
    gaps: [],
    steering: [],
    environment: {
      groundswell: '1.2.3',
      node: 'v24.12.0',
      system: 'Linux 6.1.0 x64',
      cpu: 'Example CPU 3000',
      cores: 4,
      memoryBytes: 8 * 2 ** 30,
    },
    ...over,
  }
}

/** The same run gone wrong in every way a report must tell. */
export const sampleTroubledResult = (): RunResult => {
  const plain = sampleResult()
  const overall = sampleFigures(48_000, 2.1)
  const { totals } = overall
  return {
    ...plain,
    ...overall,
    outcome: 'degraded',
    why: [
      'driver d2 fell silent in second 18: 12 s of its half of the load are missing',
      'p99 < 250ms was crossed: 812 ms',
    ],
    warnings: ['Send lateness p99 is 0.42 ms, more than 10 % of the median response time.'],
    totals: {
      ...totals,
      unsent: 340,
      unsentReasons: { maxInFlight: 300, noPorts: 40 },
      errors: { ...totals.errors, check: 25 },
      errorDetails: { ...totals.errorDetails, 'check: status is 201: 503': 25 },
      status: { '200': 47_960, '503': 40 },
      checks: {
        'status is 201': { passed: 7_975, failed: 25 },
        'body has a token': { passed: 8_000, failed: 0 },
      },
    },
    responseTimeMs: { ...overall.responseTimeMs, p99: 812, p999: 940, max: 1_012 },
    requests: [
      { name: 'GET /', kind: 'request', ...sampleFigures(40_000, 1.9) },
      { name: 'POST /login', kind: 'request', ...sampleFigures(8_000, 4.2) },
      { name: 'buy', kind: 'journey', ...sampleFigures(8_000, 4.2) },
    ],
    drivers: [
      sampleDriver('d1', 0),
      sampleDriver('d2', 1, {
        state: 'lost',
        reason: 'no message for 3 s',
        cpu: null,
        ...sampleFigures(18_000, 2.2),
      }),
    ],
    slo: [
      { text: 'p99 < 250ms', passed: false, observed: 812, observedText: '812 ms', brokenAtSecond: 12 },
      { text: 'errors < 0.1%', passed: true, observed: 0.0007, observedText: '0.07 %', brokenAtSecond: null },
      {
        text: 'p95 of refund < 1s',
        passed: null,
        observed: null,
        observedText: 'no data',
        brokenAtSecond: null,
      },
    ],
    gaps: [{ driver: 'd2', from: 18, to: 30, share: 0.2 }],
    steering: [
      { atMs: 6_200, command: 'rate', scale: 1.1, by: 'keys' },
      { atMs: 9_000, command: 'pause', scale: null, by: 'keys' },
      { atMs: 9_900, command: 'resume', scale: null, by: 'keys' },
    ],
  }
}

/** One second of `answered` answers. */
export const sampleRow = (
  second: number,
  answered: number,
  over: Partial<TimelineRow> = {},
): TimelineRow => ({
  second,
  request: '*',
  started: answered,
  sent: answered,
  answered,
  unsent: 0,
  errors: {},
  status: { '200': answered },
  bytesIn: answered * 1_480,
  bytesOut: answered * 162,
  inFlight: 4,
  responseTimeMs: sampleTimes(answered, 2.1),
  serviceTimeMs: sampleTimes(answered, 2.05),
  sendLatenessMs: sampleTimes(answered, 0.05),
  drivers: 2,
  ...over,
})

/** For each second the row of all requests and one for each request, as a timeline is delivered. */
export const sampleTimeline = (seconds: number): TimelineRow[] =>
  Array.from({ length: seconds }, (_, second) => [
    sampleRow(second, 2_000),
    sampleRow(second, 1_600, { request: 'GET /' }),
    sampleRow(second, 400, { request: 'POST /login' }),
  ]).flat()

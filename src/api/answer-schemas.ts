import { z } from 'zod'
import type { Distribution } from '../results/distribution.ts'
import type { RunResult, TimelineRow } from '../results/run-result.ts'
import type { RunUpdate } from '../results/run-update.ts'
import type { RunSummary } from '../results/store/results-store.ts'
import type { ScenarioFault } from '../scenario/scenario-faults.ts'
import type { Problem } from './problem.ts'

/**
 * What the API answers, as schemas: the OpenAPI document is made of them, tests hold real answers against them, and the
 * compiler holds them against the types that the answers have.
 */

const count = z.number().nonnegative()
const counts = z.record(z.string(), count)
const instant = z.iso.datetime().describe('ISO 8601, UTC')
const figureMs = z.number().nullable().describe('milliseconds; null without a sample')

const timeFigures = z.strictObject({
  count,
  min: figureMs,
  mean: figureMs,
  median: figureMs,
  mode: figureMs,
  p90: figureMs,
  p95: figureMs,
  p99: figureMs,
  p999: figureMs,
  max: figureMs,
})

const totals = z.strictObject({
  started: count,
  sent: count,
  answered: count,
  retried: count,
  unsent: count,
  unsentReasons: counts,
  inFlight: count,
  errors: counts.describe('by kind'),
  errorDetails: counts,
  status: counts,
  checks: z.record(z.string(), z.strictObject({ passed: count, failed: count })),
  bytesIn: count,
  bytesOut: count,
  connectionsOpened: count,
  answeredPerSecond: count,
})

const figures = {
  totals,
  responseTimeMs: timeFigures,
  serviceTimeMs: timeFigures,
  sendLatenessMs: timeFigures,
  errorTimeMs: timeFigures,
}

/** The same, of a driver that may not say it. */
const orUnknown = <S extends Record<string, z.ZodType>>(shape: S): { [K in keyof S]: z.ZodNullable<S[K]> } =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.nullable()])) as {
    [K in keyof S]: z.ZodNullable<S[K]>
  }

const driverTimes = z.strictObject(orUnknown(timeFigures.shape))

const driverFigures = {
  totals: z.strictObject(orUnknown(totals.shape)),
  responseTimeMs: driverTimes,
  serviceTimeMs: driverTimes,
  sendLatenessMs: driverTimes,
  errorTimeMs: driverTimes,
}

const phase = z.enum(['queued', 'configuring', 'ready', 'running', 'paused', 'finishing', 'finished'])
const outcome = z.enum(['passed', 'failed', 'degraded', 'stopped']).nullable()
const driverPhase = z.enum([
  'registered',
  'configuring',
  'ready',
  'running',
  'finished',
  'rejected',
  'lost',
  'left',
])

const steeringRecord = z.strictObject({
  atMs: z.number(),
  command: z.enum(['stop', 'pause', 'resume', 'rate']),
  scale: z.number().nullable(),
  by: z.string(),
})

const runResult = z.strictObject({
  id: z.string(),
  name: z.string(),
  scenario: z.record(z.string(), z.unknown()).describe('as it ran, secrets masked'),
  seed: z.number(),
  labels: z.record(z.string(), z.string()),
  state: phase,
  outcome,
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  why: z.array(z.string()),
  warnings: z.array(z.string()),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  elapsedMs: z.number(),
  plan: z.strictObject({
    load: z.string(),
    drivers: count,
    targets: z.array(z.string()),
    durationMs: z.number().nullable(),
    operations: z.number().nullable(),
  }),
  ...figures,
  requests: z.array(z.strictObject({ name: z.string(), kind: z.enum(['request', 'journey']), ...figures })),
  drivers: z.array(
    z.strictObject({
      id: z.string(),
      state: driverPhase,
      reason: z.string(),
      share: count.nullable(),
      isForeign: z.boolean().describe('written by others: it says little; null is unknown'),
      assumedFinished: z.boolean(),
      pid: count.nullable(),
      cpu: z.number().nullable(),
      clock: z.strictObject({ offsetMs: z.number(), uncertaintyMs: z.number() }).nullable(),
      ...driverFigures,
    }),
  ),
  slo: z.array(
    z.strictObject({
      text: z.string(),
      passed: z.boolean().nullable(),
      observed: z.number().nullable(),
      observedText: z.string(),
      brokenAtSecond: z.number().nullable(),
    }),
  ),
  startSkewMs: z.number().nullable(),
  startSkewUncertaintyMs: z.number().nullable(),
  gaps: z.array(z.strictObject({ driver: z.string(), from: z.number(), to: z.number(), share: z.number() })),
  steering: z.array(steeringRecord),
})

const runSummary = z.strictObject({
  id: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  state: phase,
  outcome,
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  updatedAt: instant,
  load: z.string(),
  drivers: count,
  sent: count,
  answered: count,
  errors: count,
  responseP99Ms: figureMs,
})

const runList = z.strictObject({
  runs: z.array(runSummary).describe('newest first'),
  next: z.string().nullable().describe('pass it as `before` for the next page; null: this is the last'),
  storeError: z
    .string()
    .nullable()
    .describe('why earlier runs are missing: the results store does not answer; null otherwise'),
})

const timelineRow = z.strictObject({
  second: count,
  request: z.string(),
  started: count,
  sent: count,
  answered: count,
  unsent: count,
  errors: counts,
  status: counts,
  bytesIn: count,
  bytesOut: count,
  inFlight: count,
  responseTimeMs: timeFigures,
  serviceTimeMs: timeFigures,
  sendLatenessMs: timeFigures,
  drivers: count,
})

const column = z.string().describe('base64; see docs/api.md, The heat map')
const timeline = z.array(
  z.strictObject({
    ...timelineRow.shape,
    responseColumn: column.exactOptional(),
    serviceColumn: column.exactOptional(),
  }),
)

const timeDistribution = z.strictObject({
  figuresMs: timeFigures,
  bars: z.array(z.strictObject({ fromUs: count, toUs: count, count })),
  percentiles: z.array(z.strictObject({ percentile: z.number(), ms: z.number() })),
  histogram: z.strictObject({
    encoding: z.literal('hdr-v2'),
    unit: z.literal('us'),
    data: z.string(),
    exact: z.strictObject({ count, sumUs: count, minUs: count, maxUs: count }),
  }),
})

const distribution = z.strictObject({
  id: z.string(),
  request: z.string(),
  from: count,
  to: count,
  responseTime: timeDistribution,
  serviceTime: timeDistribution,
})

const fault = z.strictObject({
  file: z.string(),
  line: count.exactOptional(),
  column: count.exactOptional(),
  path: z.string(),
  message: z.string(),
  expected: z.string().exactOptional(),
  hint: z.string().exactOptional(),
  sourceLine: z.string().exactOptional(),
  width: count.exactOptional(),
})

const validation = z.strictObject({
  file: z.string(),
  valid: z.boolean(),
  name: z.string().nullable(),
  load: z.string().nullable().describe('the load in words'),
  requests: z.array(z.string()),
  warnings: z.array(z.string()),
  faults: z.array(fault).describe('at most 50 of `faultCount`'),
  faultCount: count,
})

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: count,
  detail: z.string(),
  code: z.string(),
  hint: z.string(),
  faults: z.array(fault).exactOptional(),
  faultCount: count.exactOptional(),
})

const driverList = z.strictObject({
  drivers: z.array(
    z.strictObject({
      id: z.string(),
      address: z.string(),
      version: z.string(),
      state: z.string().describe('as it last said'),
      isAlive: z.boolean().describe('heard within the last 3 s'),
      run: z.string().nullable(),
      isForeign: z.boolean().describe('written by others: it speaks only the brief'),
      pid: count.nullable(),
      cores: count.nullable(),
      lastHeardAt: instant.nullable(),
      clock: z.strictObject({ offsetMs: z.number(), uncertaintyMs: z.number() }).nullable(),
    }),
  ),
})

const briefTimes = z.strictObject({ median: figureMs, p99: figureMs, max: figureMs })

const runUpdate = z.strictObject({
  seq: count,
  id: z.string(),
  request: z.string(),
  atMs: z.number(),
  state: phase,
  outcome,
  elapsedMs: z.number(),
  askedPerSecond: z.number().nullable(),
  seconds: z.array(
    z.strictObject({
      second: count,
      drivers: count,
      started: count,
      sent: count,
      answered: count,
      unsent: count,
      inFlight: count,
      errors: counts,
      responseTimeMs: timeFigures,
      serviceTimeMs: briefTimes,
      sendLatenessMs: briefTimes,
      responseColumn: column,
      serviceColumn: column,
    }),
  ),
  totals: totals.pick({
    started: true,
    sent: true,
    answered: true,
    unsent: true,
    inFlight: true,
    errors: true,
  }),
  drivers: z.array(
    z.strictObject({
      id: z.string(),
      state: driverPhase,
      sent: count.nullable(),
      answeredPerSecond: z.number().nullable(),
      min: figureMs,
      mean: figureMs,
      median: figureMs,
      mode: figureMs,
      max: figureMs,
      p99: figureMs,
      latenessP99: figureMs,
      cpu: z.number().nullable(),
    }),
  ),
  slo: z.array(z.strictObject({ passed: z.boolean().nullable(), observedText: z.string() })),
  steering: z.array(steeringRecord),
})

const runEnd = z.strictObject({
  id: z.string(),
  outcome,
  why: z.array(z.string()),
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
})

const fleetUpdate = z.strictObject({
  seq: count,
  atMs: z.number(),
  queued: count,
  drivers: counts.describe('by state'),
  runs: z.array(runSummary).describe('those that are queued, go on, or ended a moment ago; newest first'),
})

// --- the brief's routes ---------------------------------------------------------------------------------------------

const testCreated = z.strictObject({ TestId: z.string(), test_id: z.string() })

const testType = z.enum(['AVALANCHE', 'TSUNAMI'])

const testList = z.array(
  z.strictObject({
    testId: z.string(),
    type: testType.nullable(),
    state: phase,
    createdAt: instant,
    triggeredAt: instant.nullable(),
    finishedAt: instant.nullable(),
    drivers: count,
    sent: count,
    completed: count,
    errors: count,
    degraded: z.boolean(),
  }),
)

const nullableCount = count.nullable().describe('null: unknown')

const fiveFigures = { min: figureMs, max: figureMs, mean: figureMs, median: figureMs, mode: figureMs }

const testMetrics = z.strictObject({
  testId: z.string(),
  type: testType,
  state: phase,
  degraded: z.boolean(),
  asOf: instant,
  aggregate: z.strictObject({
    sent: nullableCount,
    completed: nullableCount,
    errors: nullableCount,
    ...fiveFigures,
    p90: figureMs,
    p99: figureMs,
    unit: z.literal('ms'),
    drivers: count,
    mergedFrom: count.describe('drivers whose figures are in the percentiles'),
  }),
  drivers: z.array(
    z.strictObject({
      nodeId: z.string(),
      state: z.string(),
      sent: nullableCount,
      completed: nullableCount,
      errors: nullableCount,
      ageMs: z.number().nullable().describe('since it was last heard; null once the run is over'),
      ...fiveFigures,
      rate: z.number().nullable().describe('answers a second, in its latest second'),
      latenessP99: figureMs,
    }),
  ),
})

const health = z.strictObject({ status: z.literal('ok') })
const readiness = z.strictObject({
  status: z.enum(['ok', 'unready']),
  bus: z.enum(['ok', 'away']),
  store: z.enum(['ok', 'away']),
})

/** By the name under which the OpenAPI document has them. */
export const answerSchemas = {
  RunResult: runResult,
  RunList: runList,
  Timeline: timeline,
  Distribution: distribution,
  Validation: validation,
  Problem: problem,
  DriverList: driverList,
  RunUpdate: runUpdate,
  RunEnd: runEnd,
  FleetUpdate: fleetUpdate,
  TestCreated: testCreated,
  TestList: testList,
  TestMetrics: testMetrics,
  Health: health,
  Readiness: readiness,
} as const

export type AnswerName = keyof typeof answerSchemas

export type RunList = z.infer<typeof runList>
export type Validation = z.infer<typeof validation>
export type DriverList = z.infer<typeof driverList>
export type RunEnd = z.infer<typeof runEnd>
export type FleetUpdate = z.infer<typeof fleetUpdate>
export type TestList = z.infer<typeof testList>
export type TestMetrics = z.infer<typeof testMetrics>

/** Each may stand where the other is asked for. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never

type Untyped<T> = Omit<T, 'scenario'>

/** A line that does not compile names the schema that fell behind its type. */
export const schemasMatchTypes: {
  runResult: Same<Untyped<RunResult>, Untyped<z.infer<typeof runResult>>>
  runSummary: Same<RunSummary, z.infer<typeof runSummary>>
  timelineRow: Same<TimelineRow, z.infer<typeof timelineRow>>
  distribution: Same<Distribution, z.infer<typeof distribution>>
  runUpdate: Same<RunUpdate, z.infer<typeof runUpdate>>
  fault: Same<ScenarioFault, z.infer<typeof fault>>
  problem: Same<Problem, z.infer<typeof problem>>
} = {
  runResult: true,
  runSummary: true,
  timelineRow: true,
  distribution: true,
  runUpdate: true,
  fault: true,
  problem: true,
}

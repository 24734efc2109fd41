import { z } from 'zod'
import type { Distribution } from '../results/distribution.ts'
import type { RunResult, TimelineRow } from '../results/run-result.ts'
import type { RunUpdate } from '../results/run-update.ts'
import type { RunSummary } from '../results/store/results-store.ts'
import type { ScenarioFault } from '../scenario/scenario-faults.ts'
import { testCreated, testList, testMetrics } from './brief-schemas.ts'
import type { Problem } from './problem.ts'
import { runResult, runSummary, steeringRecord, timeFigures, totals } from './run-schemas.ts'
import { count, counts, driverPhase, figureMs, instant, outcome, phase } from './schema-parts.ts'

/**
 * What the API answers, as schemas: the OpenAPI document is made of them, tests hold real answers against them, and the
 * compiler holds them against the types that the answers have.
 */

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
  skipped: count
    .exactOptional()
    .describe('characters of the line before `sourceLine`, where that is a piece'),
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

const exampleList = z.strictObject({
  examples: z.array(
    z.strictObject({
      name: z.string().describe('of its file'),
      title: z.string().describe('what it shows, in a sentence or two'),
      text: z.string().describe('YAML'),
      assets: z
        .record(z.string(), z.string())
        .describe('files that it names, as `POST /api/runs` takes them'),
    }),
  ),
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
      isDisputed: z.boolean().describe('two processes say that they have this id; it gets no share'),
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
  maxDrivers: count
    .nullable()
    .describe('drivers are started here as runs need them, so many at most; null: they come by themselves'),
  runs: z.array(runSummary).describe('those that are queued, go on, or ended a moment ago; newest first'),
})

const health = z.strictObject({ status: z.literal('ok') })
const readiness = z.strictObject({
  status: z.enum(['ok', 'unready']),
  bus: z.enum(['ok', 'away']),
  store: z.enum(['ok', 'unwritten', 'away']),
})

/** By the name under which the OpenAPI document has them. */
export const answerSchemas = {
  RunResult: runResult,
  RunList: runList,
  Timeline: timeline,
  Distribution: distribution,
  Validation: validation,
  ExampleList: exampleList,
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
export type ExampleList = z.infer<typeof exampleList>
export type DriverList = z.infer<typeof driverList>
export type RunEnd = z.infer<typeof runEnd>
export type FleetUpdate = z.infer<typeof fleetUpdate>

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

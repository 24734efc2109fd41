import { z } from 'zod'
import { count, counts, driverPhase, figureMs, instant, outcome, phase } from './schema-parts.ts'

/** A run and its figures, as the API answers them. */

export const timeFigures = z.strictObject({
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

export const totals = z.strictObject({
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

export const steeringRecord = z.strictObject({
  atMs: z.number(),
  command: z.enum(['stop', 'pause', 'resume', 'rate']),
  scale: z.number().nullable(),
  by: z.string(),
})

export const runResult = z.strictObject({
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
  environment: z
    .strictObject({
      groundswell: z.string(),
      node: z.string(),
      system: z.string(),
      cpu: z.string().nullable(),
      cores: count,
      memoryBytes: count,
    })
    .nullable()
    .describe('of the process that conducted the run; null where the record does not say'),
})

const toldCount = count.nullable().describe('null: a driver that took part does not say it')

export const runSummary = z.strictObject({
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
  sent: toldCount,
  answered: toldCount,
  errors: toldCount,
  responseP99Ms: figureMs,
})

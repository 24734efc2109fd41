import { z } from 'zod'
import { count, figureMs, instant, phase } from './schema-parts.ts'

/** What the routes of the load-testing brief answer. */

export const testCreated = z.strictObject({ TestId: z.string(), test_id: z.string() })

const nullableCount = count.nullable().describe('null: unknown')

const testType = z.enum(['AVALANCHE', 'TSUNAMI'])

export const testList = z.array(
  z.strictObject({
    testId: z.string(),
    type: testType.nullable(),
    state: phase,
    createdAt: instant,
    triggeredAt: instant.nullable(),
    finishedAt: instant.nullable(),
    drivers: count,
    sent: nullableCount,
    completed: nullableCount,
    errors: nullableCount,
    degraded: z.boolean(),
  }),
)

const fiveFigures = { min: figureMs, max: figureMs, mean: figureMs, median: figureMs, mode: figureMs }

export const testMetrics = z.strictObject({
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

export type TestList = z.infer<typeof testList>
export type TestMetrics = z.infer<typeof testMetrics>

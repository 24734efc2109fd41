import { z } from 'zod'
import { AppError } from '../lib/errors.ts'
import type { Scenario } from '../scenario/scenario.ts'

/**
 * A scenario as it came over the bus. The orchestrator parsed it, so this looks at shapes and bounds alone, and only at
 * what decides how much this driver sends and when; the workload judges its requests as it opens, and the allow list each
 * address, whatever stands here. Unknown fields stay.
 */
const positive = z.number().positive()
const notNegative = z.number().nonnegative()
const count = z.int().positive()

const bounds = {
  durationMs: notNegative.optional(),
  requests: count.optional(),
  requestsPerDriver: count.optional(),
  maxInFlight: count,
}
const open = { ...bounds, arrivals: z.enum(['uniform', 'poisson']), perDriver: z.boolean() }
const stage = z.looseObject({ toPerSecond: notNegative, overMs: notNegative, holdMs: notNegative })

const isBounded = (load: {
  durationMs?: unknown
  requests?: unknown
  requestsPerDriver?: unknown
}): boolean =>
  load.durationMs !== undefined || load.requests !== undefined || load.requestsPerDriver !== undefined

const loadSchema = z
  .discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('avalanche'), inFlight: count, ...bounds }),
    z.looseObject({ kind: z.literal('tsunami'), gapMs: positive, ...bounds }),
    z.looseObject({ kind: z.literal('rate'), perSecond: positive, ...open }),
    z.looseObject({
      kind: z.literal('stages'),
      fromPerSecond: notNegative,
      stages: z.array(stage).min(1),
      ...open,
    }),
    z.looseObject({
      kind: z.literal('spike'),
      basePerSecond: notNegative,
      peakPerSecond: notNegative,
      everyMs: positive,
      lastingMs: notNegative,
      ...open,
    }),
    z.looseObject({
      kind: z.literal('sine'),
      meanPerSecond: notNegative,
      amplitudePerSecond: notNegative,
      periodMs: positive,
      ...open,
    }),
  ])
  .refine((load) => load.kind === 'stages' || isBounded(load), 'this load would never end')

const asset = z.looseObject({ sha256: z.string() })
const request = z.looseObject({
  kind: z.literal('request'),
  weight: count,
  body: z.looseObject({ kind: z.string(), asset: asset.optional() }).optional(),
})
const journey = z.looseObject({
  kind: z.literal('journey'),
  weight: count,
  steps: z.array(z.union([request, z.looseObject({ kind: z.literal('think') })])),
})

const scenarioSchema = z.looseObject({
  seed: z.int().nonnegative(),
  http: z.looseObject({
    targets: z.array(z.string()).min(1),
    timeoutMs: positive,
    connections: count,
    feeders: z.record(z.string(), z.looseObject({ asset })),
    requests: z.array(z.union([request, journey])).min(1),
  }),
  load: loadSchema,
})

/** Throws SCENARIO_INVALID with the first field that this driver cannot carry out. */
export const readScenario = (data: unknown): Scenario => {
  const parsed = scenarioSchema.safeParse(data)
  if (parsed.success) return data as Scenario
  const issue = parsed.error.issues[0]
  throw new AppError(
    'SCENARIO_INVALID',
    `The orchestrator sent a scenario that this driver cannot carry out: ${issue?.path.join('.')}: ${issue?.message}.`,
    { hint: 'Orchestrator and driver are of different versions, or somebody else writes to the bus.' },
  )
}

/** Hashes of all files that a scenario refers to, each once. */
export const assetHashesOf = (scenario: Scenario): string[] => {
  const hashes = new Set<string>()
  for (const feeder of Object.values(scenario.http.feeders)) hashes.add(feeder.asset.sha256)
  for (const operation of scenario.http.requests)
    for (const step of operation.kind === 'journey' ? operation.steps : [operation])
      if (step.kind === 'request' && step.body?.kind === 'file') hashes.add(step.body.asset.sha256)
  return [...hashes]
}

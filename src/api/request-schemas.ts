import { z } from 'zod'

/** What the API takes. */

const runIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'an id is up to 100 letters, digits, ".", "_" and "-"')

export const runParams = z.object({ id: z.string().min(1).max(200).describe('id of the run') })

const texts = z.record(z.string().max(200), z.string())

const sourceFields = {
  scenario: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('the scenario as data: what its YAML file would hold'),
  scenarioText: z
    .string()
    .optional()
    .describe('the scenario as YAML or JSON text: faults have lines and columns'),
  file: z
    .string()
    .regex(/^[^/\\\p{Cc}]{1,200}$/u, 'a name without a directory')
    .optional()
    .describe('how messages call it, and where its name comes from if it has none'),
  set: z.array(z.string().max(10_000)).max(1000).optional().describe('changes, as --set: `load.rate=1000/s`'),
  assets: texts
    .optional()
    .describe('files that the scenario names (feeders, bodies), base64, by the path that it gives them'),
  env: texts
    .optional()
    .describe(
      'values for environment variables that it names; those of the orchestrator are never read, these never stored',
    ),
}

const hasOneSource = (body: { scenario?: unknown; scenarioText?: unknown }): boolean =>
  (body.scenario === undefined) !== (body.scenarioText === undefined)
const oneSource = 'give the scenario as `scenario` (data) or as `scenarioText`, one of them'

export const sourceSchema = z.strictObject(sourceFields).refine(hasOneSource, oneSource)
export const createRunSchema = z
  .strictObject({
    ...sourceFields,
    id: runIdSchema.optional().describe('left out: drawn; asked twice with the same scenario, one run'),
    hold: z.boolean().optional().describe('true: prepared, then waits for its trigger'),
  })
  .refine(hasOneSource, oneSource)

export type ScenarioSource = z.infer<typeof sourceSchema>
export type CreateRun = z.infer<typeof createRunSchema>

export const createRunQuery = z.strictObject({
  id: runIdSchema.optional().describe('with a YAML body: as `id` in a JSON body'),
  hold: z.enum(['true', 'false']).optional().describe('with a YAML body: as `hold` in a JSON body'),
})

const wholeNumber = (least: number, most: number) =>
  z.coerce.number({ error: 'a whole number' }).int().min(least).max(most)

export const listQuery = z.strictObject({
  limit: wholeNumber(1, 500).default(50),
  before: z.string().min(1).max(200).optional().describe('id of the last run of the page before'),
})

const request = z
  .string()
  .min(1)
  .max(1000)
  .describe('name of a request or journey; `*`: all requests together')
const maxSecond = 2 ** 31 - 1

export const timelineQuery = z.strictObject({
  from: wholeNumber(0, maxSecond).default(0).describe('first second since the start'),
  to: wholeNumber(0, maxSecond).default(maxSecond).describe('the second behind the last'),
  request: request.optional(),
  step: wholeNumber(1, 3600).default(1).describe('so many seconds become one row, their histograms added'),
  columns: z.enum(['true', 'false']).default('false').describe('with columns of the heat map'),
})

export const secondParams = z.object({
  ...runParams.shape,
  second: wholeNumber(0, maxSecond - 1).describe('since the start'),
})

export const secondQuery = z.strictObject({
  to: wholeNumber(1, maxSecond)
    .optional()
    .describe('the second behind the last; left out: that second alone'),
  request: request.default('*'),
})

export const rateSchema = z.strictObject({
  scale: z.number().min(1e-6).max(1000).describe('the load is multiplied by it, relative to the scenario'),
})

export const steerSchema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.enum(['stop', 'pause', 'resume']) }),
  z.strictObject({ command: z.literal('rate'), ...rateSchema.shape }),
])

const after = wholeNumber(0, Number.MAX_SAFE_INTEGER)
  .optional()
  .describe('number of the last event that was seen; as the header Last-Event-ID')

export const eventsQuery = z.strictObject({ after, request: request.default('*') })
export const fleetEventsQuery = z.strictObject({ after })

export const tsunamiParams = z.object({
  seconds: z.string().describe('seconds between requests of one driver'),
})
export const testParams = z.object({ testId: z.string().min(1).max(200) })

export const briefTestSchema = z.strictObject({
  target_url: z.url({ protocol: /^https?$/ }).optional(),
  message_count_per_driver: z.number().int().min(1).max(1e9).optional(),
  connections: z.number().int().min(1).max(100_000).optional(),
  timeout_ms: z.number().min(1).max(3_600_000).optional(),
})

import { z } from 'zod'
import { parseSlo } from '../measuring/slo.ts'
import { httpSchema } from './http-schema.ts'
import { loadSchema } from './load-schema.ts'
import { count, duration, flag, nameText, oneOrMore, text } from './quantities.ts'
import { strictMap } from './strict-map.ts'

/** Jobs of the design that this version cannot do yet. */
export const futureJobs = ['fleet', 'relay', 'petstore']

const sloWords = 'an SLO such as p99 < 250ms, errors < 1% or rate > 900/s'

const slo = z
  .string(sloWords)
  .meta({ examples: ['p99 < 250ms', 'errors < 0.1%', 'p95 of buy < 1s for 10s: stop'] })
  .transform((text, context) => {
    const parsed = parseSlo(text)
    if (parsed.ok) return parsed.slo
    context.issues.push({
      code: 'custom',
      message: parsed.expected,
      params: { message: parsed.message },
      input: text,
    })
    return z.NEVER
  })
  .meta({ description: 'A promise to hold.' })

export const scenarioSchema = strictMap('a map with "http" and "load"', {
  $schema: z.string('a URL').meta({ description: 'For editors; means nothing here.' }).optional(),
  name: nameText('What the run is called. Left out: the name of the file.').optional(),
  seed: count({
    description: 'Decides everything random. Left out: drawn, printed, recorded.',
    from: 0,
    to: Number.MAX_SAFE_INTEGER,
  }).optional(),
  drivers: count({ description: 'How many drivers carry the load. Left out: 1.', to: 10_000 }).optional(),
  labels: z
    .record(z.string(), text('a text'), 'a map from label to text')
    .meta({ description: 'What runs are compared by.', examples: [{ build: '1.4.2' }] })
    .optional(),
  start: strictMap('{ deadline, atLeast, force }', {
    deadline: duration({
      description: 'How long drivers may take to become ready. Left out: 10s.',
      example: '10s',
    }).optional(),
    atLeast: count({
      description: 'With so many ready at the deadline the run begins all the same. Left out: all.',
      to: 10_000,
    }).optional(),
    force: flag(
      'Begin although drivers written by others are present that cannot carry out this load. Left out: false.',
    ).optional(),
  })
    .meta({ description: 'When the run may begin.' })
    .optional(),
  http: httpSchema,
  load: loadSchema,
  slo: oneOrMore(slo, `${sloWords}, or a list of them`)
    .meta({
      description: 'What must hold; one that is crossed fails the run.',
      examples: [['p99 < 250ms', 'errors < 0.1%']],
    })
    .optional(),
}).meta({ title: 'Groundswell scenario', description: 'A load, as plain data.' })

/** What people write. */
export type ScenarioInput = z.input<typeof scenarioSchema>
/** The same shape with its quantities read. */
export type ScenarioData = z.output<typeof scenarioSchema>

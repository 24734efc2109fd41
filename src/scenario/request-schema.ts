import { z } from 'zod'
import { parseDuration } from '../lib/duration.ts'
import { captureSource, checkSchema, headerName } from './check-schema.ts'
import { isFramingHeader, isHeaderValue, isToken, refuseRequestUrl } from './http-text.ts'
import { count, duration, nameText, reading, text } from './quantities.ts'
import { evenWhenFaulty, type RuleFault, rule, strictMap } from './strict-map.ts'
import { isTemplateBuiltin, isTemplateName } from './template.ts'

/*
 * What a user may write under `http.requests`: requests, and journeys of them, with every rule that can be checked without
 * running them. `build-request.ts` makes of it what drivers carry out.
 */

/** The keys that are methods: the value is the URL. */
export const verbs = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const
const bodyKinds = ['body', 'json', 'form', 'file'] as const

const headerValue = text('a text').refine(
  (value) => typeof value !== 'string' || isHeaderValue(value),
  'a header value on one line, without control characters',
)

export const headersSchema = z
  .record(headerName, headerValue, 'a map from header to text')
  .superRefine(
    rule(function* (headers) {
      const seen = new Set<string>()
      for (const name of Object.keys(headers)) {
        if (isFramingHeader(name))
          yield {
            path: [name],
            message: `"${name}" cannot be set`,
            expected: 'to be left out: it is made from the body that is sent',
          }
        if (seen.has(name.toLowerCase()))
          yield {
            path: [name],
            message: `"${name}" twice, in different spelling`,
            expected: 'each header once',
          }
        seen.add(name.toLowerCase())
      }
    }),
    evenWhenFaulty,
  )
  .meta({
    id: 'headers',
    description: 'Headers; values may hold {{templates}}.',
    examples: [{ accept: 'application/json' }],
  })

const basic = strictMap('{ user, password }', {
  user: text('the name of the user').meta({ description: 'May hold {{templates}}.' }),
  password: text('the password, best from an environment variable').meta({
    description: 'Best from an environment variable. May hold {{templates}}.',
  }),
})

export const authSchema = strictMap('{ basic: { user, password } } or { bearer: TOKEN }', {
  basic: basic.meta({ description: 'A user and a password.' }).optional(),
  bearer: text('the token, best from an environment variable')
    .meta({ description: 'Best from an environment variable. May hold {{templates}}.' })
    .optional(),
})
  .superRefine(
    rule(function* ({ basic, bearer }) {
      if ((basic === undefined) === (bearer === undefined))
        yield {
          path: [],
          message: basic === undefined ? 'auth without a kind' : 'both "basic" and "bearer"',
          expected: 'one of basic and bearer',
        }
    }),
    evenWhenFaulty,
  )
  .meta({ id: 'auth', description: 'How requests prove who they are.' })

const url = (method: string) =>
  z
    .string('a path that begins with /, or a URL')
    .check((payload) => {
      const expected = refuseRequestUrl(payload.value)
      if (expected !== undefined)
        payload.issues.push({ code: 'custom', message: expected, input: payload.value })
    })
    .meta({
      description: `${method === '' ? 'Beside "method": the' : `${method} this`} path (joined to the target) or URL; may hold {{templates}}.`,
      examples: ['/', '/orders/{{seq}}'],
    })

const weight = z
  .number('a positive number')
  .positive('a positive number')
  .max(1e6, 'a positive number up to 1,000,000')
  .meta({ description: 'How often it is drawn, in relation to the others. Left out: 1.' })

const variableName = z
  .string()
  .refine(isTemplateName, 'a name of letters, digits, _ and -')
  .refine((name) => !isTemplateBuiltin(name), 'a name that no built-in template has')

const requestShape = {
  name: nameText('What it is called in reports. Left out: method and URL.').optional(),
  weight: weight.optional(),
  get: url('GET').optional(),
  post: url('POST').optional(),
  put: url('PUT').optional(),
  patch: url('PATCH').optional(),
  delete: url('DELETE').optional(),
  head: url('HEAD').optional(),
  options: url('OPTIONS').optional(),
  method: z
    .string('a method such as PURGE')
    .refine((method) => isToken(method) && method.toUpperCase() !== 'CONNECT', 'a method such as PURGE')
    .meta({ description: 'Any other method; the URL is then under "url".', examples: ['PURGE'] })
    .optional(),
  url: url('').optional(),
  headers: headersSchema.optional(),
  auth: authSchema.optional(),
  body: text('a text').meta({ description: 'The body as text; may hold {{templates}}.' }).optional(),
  json: z.unknown().meta({ description: 'The body as JSON; texts in it may hold {{templates}}.' }).optional(),
  form: z
    .record(z.string(), text('a text'), 'a map from field to text')
    .meta({ description: 'The body as a form (urlencoded); values may hold {{templates}}.' })
    .optional(),
  file: z
    .string('the path of a file')
    .min(1, 'the path of a file')
    .meta({ description: 'The body is the content of this file, beside the scenario.' })
    .optional(),
  timeout: duration({
    description: 'To the end of the response. Left out: the one of http.',
    example: '10s',
  }).optional(),
  redirects: count({
    description: 'How many redirects are followed. Left out: the number of http.',
    from: 0,
    to: 50,
  }).optional(),
  check: checkSchema.optional(),
  capture: z
    .record(variableName, captureSource, 'a map from name to source, such as { token: "json $.token" }')
    .meta({ description: 'Values of the answer that later steps of the journey use as {{name}}.' })
    .optional(),
}

function* checkRequest(request: Partial<Record<string, unknown>>): Iterable<RuleFault> {
  const example = 'one method, such as { get: /path } or { method: PURGE, url: /path }'
  const chosen = [...verbs, 'method' as const].filter((verb) => request[verb] !== undefined)
  const [first, second] = chosen
  if (first === undefined)
    yield {
      path: [],
      message: request.url === undefined ? 'a request without a method and URL' : '"url" without "method"',
      expected: example,
      missing: [...verbs, 'method', 'url'],
    }
  else if (second !== undefined)
    yield { path: [second], message: `both "${first}" and "${second}"`, expected: example }
  else if (first === 'method' && request.url === undefined)
    yield { path: ['method'], message: '"method" without "url"', expected: example, missing: ['url'] }
  else if (first !== 'method' && request.url !== undefined)
    yield { path: ['url'], message: `both "${first}" and "url"`, expected: example }
  const [body, other] = bodyKinds.filter((kind) => request[kind] !== undefined)
  if (other !== undefined)
    yield {
      path: [other],
      message: `both "${body}" and "${other}"`,
      expected: 'one body: body, json, form or file',
    }
}

const requestSchema = strictMap('a request such as { get: / }', requestShape)
  .superRefine(rule(checkRequest), evenWhenFaulty)
  .meta({ id: 'request', description: 'A request: the method is the key, the URL its value.' })

export type RequestData = z.output<typeof requestSchema>

/** Milliseconds, both ends included. */
export interface ThinkTime {
  minMs: number
  maxMs: number
}

const readThinkTime = (text: string): ThinkTime | undefined => {
  const [from = '', to = from, ...rest] = text.split('..')
  const minMs = parseDuration(from)
  const maxMs = parseDuration(to)
  if (minMs === undefined || maxMs === undefined || rest.length > 0 || minMs > maxMs) return undefined
  return maxMs > 86_400_000 ? undefined : { minMs, maxMs }
}

const thinkSchema = strictMap('{ think: TIME }', {
  think: reading(
    'a time such as 1s, or a range such as 200ms..2s',
    ['1s', '200ms..2s'],
    'A pause between steps, drawn evenly from the range.',
    readThinkTime,
  ),
}).meta({ id: 'think', description: 'A pause between steps.' })

const stepSchema = z.union([requestSchema, thinkSchema], 'a request such as { get: / }, or { think: 1s }')

const journeySchema = strictMap('a journey: { name, steps }', {
  name: nameText('What it is called in reports. Left out: "journey" and its number.').optional(),
  weight: weight.optional(),
  steps: z
    .array(stepSchema, 'a list of requests and pauses')
    .max(1000, 'at most 1,000 steps')
    .meta({ description: 'Requests and pauses, one after the other.' }),
})
  .superRefine(
    rule(function* ({ steps }) {
      if (
        Array.isArray(steps) &&
        steps.every((step) => typeof step === 'object' && step !== null && 'think' in step)
      )
        yield {
          path: ['steps'],
          message: 'a journey without a request',
          expected: 'at least one request among the steps',
        }
    }),
    evenWhenFaulty,
  )
  .meta({ id: 'journey', description: 'A journey: requests one after the other, as one user makes them.' })

export const operationSchema = z.union(
  [requestSchema, journeySchema],
  'a request such as { get: / }, or a journey { name, steps }',
)

export type JourneyData = z.output<typeof journeySchema>
export type OperationData = z.output<typeof operationSchema>

export const isJourney = (operation: OperationData): operation is JourneyData => 'steps' in operation

/** The method and URL of a request that the schema has accepted. */
export const methodAndUrl = (request: RequestData): { key: string; method: string; url: string } => {
  for (const verb of verbs) {
    const url = request[verb]
    if (url !== undefined) return { key: verb, method: verb.toUpperCase(), url }
  }
  return { key: 'url', method: (request.method ?? 'GET').toUpperCase(), url: request.url ?? '/' }
}

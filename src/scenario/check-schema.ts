import { z } from 'zod'
import { parseSize } from '../lib/bytes.ts'
import { parseDuration } from '../lib/duration.ts'
import { isToken } from './http-text.ts'
import { parseJsonPath } from './json-path.ts'
import { oneOrMore, reading, size, text } from './quantities.ts'
import { evenWhenFaulty, rule, strictMap } from './strict-map.ts'

const isRegex = (pattern: string): boolean => {
  try {
    new RegExp(pattern)
    return true
  } catch {
    return false
  }
}

export const regex = (description: string) => {
  const expected = 'a JavaScript regular expression such as id=(\\d+)'
  return z
    .string(expected)
    .min(1, expected)
    .refine(isRegex, expected)
    .meta({ description, examples: ['id=(\\d+)'] })
}

const isStatus = (text: string): boolean => /^[1-5](?:\d\d|xx)$/.test(text)
const statusWords = 'a status such as 201 or 2xx, or a list of them'
const status = z.union(
  [
    z.int(statusWords).min(100, statusWords).max(599, statusWords),
    z.string(statusWords).refine(isStatus, statusWords),
  ],
  statusWords,
)

/** Both ends included. */
export interface SizeRange {
  minBytes?: number
  maxBytes?: number
}

const readSizeRange = (text: string): SizeRange | undefined => {
  const match = /^\s*(<=|>=|<|>|)\s*(.+)$/.exec(text)
  const bytes = match?.[2] === undefined ? undefined : parseSize(match[2])
  if (bytes === undefined) return undefined
  switch (match?.[1]) {
    case '<':
      return bytes === 0 ? undefined : { maxBytes: bytes - 1 }
    case '<=':
      return { maxBytes: bytes }
    case '>':
      return { minBytes: bytes + 1 }
    case '>=':
      return { minBytes: bytes }
    default:
      return { minBytes: bytes, maxBytes: bytes }
  }
}

const sizeWords = 'a size such as "< 10kB", or { min, max }'
const sizeRange = z.union(
  [
    z
      .int(sizeWords)
      .nonnegative(sizeWords)
      .transform((bytes): SizeRange => ({ minBytes: bytes, maxBytes: bytes })),
    reading(sizeWords, ['< 10kB'], 'A bound, or the exact size.', readSizeRange),
    strictMap(sizeWords, {
      min: size('At least so many bytes.', '1kB').optional(),
      max: size('At most so many bytes.', '10kB').optional(),
    }).superRefine(
      rule(function* ({ min, max }) {
        if (min === undefined && max === undefined)
          yield { path: [], message: 'a size without a bound', expected: 'min, max or both' }
        if (typeof min === 'number' && typeof max === 'number' && min > max)
          yield { path: ['min'], message: '"min" above "max"', expected: '"min" no larger than "max"' }
      }),
      evenWhenFaulty,
    ),
  ],
  sizeWords,
)

const header = z.union(
  [
    text('a text, or { matches: REGEX }'),
    strictMap('a text, or { matches: REGEX }', { matches: regex('Matches anywhere in the value.') }),
  ],
  'a text, or { matches: REGEX }',
)

export const headerName = z.string().refine(isToken, 'a header name: letters, digits and hyphens')

export const jsonPath = z
  .string()
  .refine((path) => parseJsonPath(path).ok, "a JSON path such as $.state, $.items[0].id or $['odd name']")

export const checkSchema = strictMap('a map of checks such as { status: 200 }', {
  status: oneOrMore(status, statusWords)
    .meta({
      description: 'The status is one of these. Left out: below 400.',
      examples: [201, '2xx', [200, 404]],
    })
    .optional(),
  header: z
    .record(headerName, header, 'a map from header to value, or to { matches: REGEX }')
    .meta({
      description: 'Headers have these values, or match.',
      examples: [{ 'content-type': { matches: 'json' } }],
    })
    .optional(),
  contains: oneOrMore(z.string('a text').min(1, 'a text'), 'a text, or a list of texts')
    .meta({ description: 'The body contains these texts.', examples: ['Hello'] })
    .optional(),
  matches: oneOrMore(regex('Matches anywhere in the body.'), 'a regular expression, or a list of them')
    .meta({ description: 'The body matches these regular expressions.' })
    .optional(),
  json: z
    .record(jsonPath, z.unknown(), 'a map from JSON path to value')
    .meta({
      description: 'The body is JSON with these values at these paths.',
      examples: [{ '$.state': 'new' }],
    })
    .optional(),
  size: sizeRange.meta({ description: 'The size of the body.', examples: ['< 10kB'] }).optional(),
  time: reading('a limit such as "< 500ms"', ['< 500ms'], 'The response time is below this.', (text) => {
    const ms = parseDuration(text.replace(/^\s*</, ''))
    return ms === 0 ? undefined : ms
  }).optional(),
}).meta({
  id: 'check',
  description: 'What makes an answer right. Each failed check is counted under its name.',
})

export type CheckData = z.output<typeof checkSchema>

/** Where a capture finds its value. */
export type CaptureSource =
  | { kind: 'json'; path: string }
  | { kind: 'header'; header: string }
  | { kind: 'regex'; pattern: string }

const readCapture = (text: string): CaptureSource | undefined => {
  const match = /^\s*(json|header|regex)\s+(.*\S)\s*$/s.exec(text)
  const rest = match?.[2] ?? ''
  switch (match?.[1]) {
    case 'json':
      return parseJsonPath(rest).ok ? { kind: 'json', path: rest } : undefined
    case 'header':
      return isToken(rest) ? { kind: 'header', header: rest } : undefined
    case 'regex':
      return isRegex(rest) ? { kind: 'regex', pattern: rest } : undefined
    default:
      return undefined
  }
}

export const captureSource = reading(
  'json PATH, header NAME or regex PATTERN, such as "json $.token"',
  ['json $.token', 'header Location', 'regex id=(\\d+)'],
  'Where in the answer the value is.',
  readCapture,
)

import { z } from 'zod'
import { refuseTarget } from './http-text.ts'
import { count, duration, flag, oneOrMore, size } from './quantities.ts'
import { authSchema, headersSchema, operationSchema } from './request-schema.ts'
import { evenWhenFaulty, rule, strictMap } from './strict-map.ts'
import { isTemplateName } from './template.ts'

const targetWords = 'a URL with http:// or https://, or builtin'

const targetUrl = z.string(targetWords).check((payload) => {
  const expected = refuseTarget(payload.value)
  if (expected !== undefined) payload.issues.push({ code: 'custom', message: expected, input: payload.value })
})

const target = oneOrMore(targetUrl, `${targetWords}, or a list of URLs`).meta({
  description:
    'One URL or several, which requests go round in turn; `builtin` is the target that ships with Groundswell.',
  examples: ['builtin', 'https://shop.example/api', ['http://10.0.0.1:8080', 'http://10.0.0.2:8080']],
})

const feederFile = z.string('the path of a CSV file').min(1, 'the path of a CSV file')

export const feederSchema = z.union(
  [
    feederFile,
    strictMap('the path of a CSV file, or { file, order, unique }', {
      file: feederFile.meta({ description: 'A CSV file with a header line, beside the scenario.' }),
      order: z
        .enum(['sequential', 'random'], 'sequential or random')
        .meta({
          description: 'Row after row, then again from the first; or drawn at random. Left out: sequential.',
        })
        .optional(),
      unique: flag('No row is used twice in a run, over all drivers. Left out: false.').optional(),
    }),
  ],
  'the path of a CSV file, or { file, order, unique }',
)

const file = (description: string) =>
  z.string('the path of a PEM file').min(1, 'the path of a PEM file').meta({ description })

const tlsSchema = strictMap('a map of TLS settings', {
  ca: file('Certificates that are trusted, instead of the usual ones.').optional(),
  cert: file('The certificate that the client shows.').optional(),
  key: file('The key of that certificate.').optional(),
  insecure: flag('True: the certificate is not verified. Left out: false.').optional(),
  serverName: z
    .string('a host name')
    .min(1, 'a host name')
    .meta({ description: 'The name to ask for and to verify, instead of the one in the URL.' })
    .optional(),
  resume: flag('Resume sessions on new connections. Left out: true.').optional(),
}).superRefine(
  rule(function* ({ cert, key }) {
    if ((cert === undefined) !== (key === undefined))
      yield {
        path: [cert === undefined ? 'key' : 'cert'],
        message: cert === undefined ? '"key" without "cert"' : '"cert" without "key"',
        expected: 'both or none',
      }
  }),
  evenWhenFaulty,
)

const localAddress = 'an IP address of this machine'

const httpMapSchema = strictMap('a target URL, or a map such as { target: URL, requests: [ { get: / } ] }', {
  target,
  timeout: duration({
    description: 'From the intended start to the end of the response. Left out: 10s.',
    example: '10s',
  }).optional(),
  connectTimeout: duration({
    description: 'For connection and TLS handshake. Left out: 3s.',
    example: '3s',
  }).optional(),
  connections: count({
    description: 'Open connections on each driver, over all targets. Left out: 100.',
    to: 1_000_000,
  }).optional(),
  reuse: flag('False: a new connection for every request. Left out: true.').optional(),
  maxConnectionAge: duration({
    description:
      'An older connection is closed after its current response, so that changes of names are followed.',
    example: '30s',
  }).optional(),
  idleTimeout: duration({
    description: 'A connection that was idle for this time is not used again. Left out: 4s.',
    example: '4s',
  }).optional(),
  localAddresses: z
    .array(z.union([z.ipv4(localAddress), z.ipv6(localAddress)], localAddress), 'a list of IP addresses')
    .meta({
      description:
        'Source addresses, used in turn, for more than some 28,000 connections to one target, which is what Linux gives one of them.',
    })
    .optional(),
  tls: tlsSchema.meta({ description: 'TLS settings.' }).optional(),
  headers: headersSchema.optional(),
  auth: authSchema.optional(),
  redirects: count({
    description: 'How many redirects are followed. Left out: 0, the 3xx is the answer.',
    from: 0,
    to: 50,
  }).optional(),
  maxHead: size('The largest response head that is accepted. Left out: 64KiB.', '64KiB').optional(),
  maxKeptBody: size(
    'How much of a body is kept for checks and captures; the rest is counted only. Left out: 1MiB.',
    '1MiB',
  ).optional(),
  preflight: flag(
    'Reach every target once before the run starts, and refuse to start otherwise. Left out: true.',
  ).optional(),
  feeders: z
    .record(
      z.string().refine(isTemplateName, 'a name of letters, digits, _ and -'),
      feederSchema,
      'a map from name to CSV file',
    )
    .meta({
      description: 'CSV files, whose columns are used as {{name.column}}.',
      examples: [{ users: 'users.csv' }],
    })
    .optional(),
  requests: z
    .array(operationSchema, 'a list of requests and journeys')
    .min(1, 'at least one request, or no "requests" at all')
    .max(10_000, 'at most 10,000 requests and journeys')
    .meta({
      description: 'Requests and journeys, drawn by weight. Left out: GET of the target.',
      examples: [[{ get: '/' }]],
    })
    .optional(),
})

export const httpSchema = z
  .union(
    [targetUrl, httpMapSchema],
    'a target URL, or a map such as { target: URL, requests: [ { get: / } ] }',
  )
  .meta({ description: 'HTTP load: the target and what is requested of it. Just a URL: GET of that URL.' })

export type HttpData = z.output<typeof httpMapSchema>

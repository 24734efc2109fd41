import { compileScenario, type LoadedScenario, type LoadOptions } from './compile-scenario.ts'
import { readScalar } from './interpolation.ts'
import { verbs } from './request-schema.ts'
import { ScenarioDocument } from './scenario-document.ts'
import type { Fault, Path } from './scenario-faults.ts'

/** Options of `groundswell run URL`, as they are on the command line. */
export interface QuickFlags {
  rate?: string
  ratePerDriver?: string
  avalanche?: string | number
  tsunami?: string
  duration?: string
  requests?: string | number
  requestsPerDriver?: string | number
  connections?: string | number
  timeout?: string
  drivers?: string | number
  seed?: string | number
  method?: string
  /** `Name: value`, each. */
  header?: readonly string[]
  body?: string
  slo?: readonly string[]
}

const placesOf: readonly (readonly [
  flag: Exclude<keyof QuickFlags, 'method' | 'header' | 'body' | 'slo'>,
  path: Path,
])[] = [
  ['rate', ['load', 'rate']],
  ['ratePerDriver', ['load', 'ratePerDriver']],
  ['avalanche', ['load', 'avalanche']],
  ['tsunami', ['load', 'tsunami']],
  ['duration', ['load', 'duration']],
  ['requests', ['load', 'requests']],
  ['requestsPerDriver', ['load', 'requestsPerDriver']],
  ['connections', ['http', 'connections']],
  ['timeout', ['http', 'timeout']],
  ['drivers', ['drivers']],
  ['seed', ['seed']],
]

const quickRate = '50/s'
const quickDuration = '10s'

/**
 * A scenario without a file: one request to one URL. It goes through the same schema, and its faults name the flags.
 * Without a kind of load it is 50/s, without a bound 10 s.
 */
export const quickScenario = async (
  url: string,
  flags: QuickFlags,
  options: LoadOptions,
): Promise<LoadedScenario> => {
  const load: Record<string, unknown> = {}
  const http: Record<string, unknown> = {}
  const data: Record<string, unknown> = { http, load }
  const document = new ScenarioDocument('the command line', data)
  const faults: Fault[] = []

  for (const [flag, [first, second]] of placesOf) {
    const value = flags[flag]
    if (value === undefined || first === undefined) continue
    const container = second === undefined ? data : first === 'load' ? load : http
    container[second ?? first] = typeof value === 'string' ? readScalar(value) : value
    document.markFlag(second === undefined ? [first] : [first, second], `${spelling(flag)} ${value}`)
  }
  if (!['rate', 'ratePerDriver', 'avalanche', 'tsunami'].some((kind) => kind in load)) load.rate = quickRate
  if (!['duration', 'requests', 'requestsPerDriver'].some((bound) => bound in load))
    load.duration = quickDuration
  document.markFlag(['load'], 'the command line')

  const { target, path } = splitUrl(url)
  http.target = target
  document.markFlag(['http', 'target'], url)
  const method = flags.method ?? (flags.body === undefined ? 'GET' : 'POST')
  const verb = verbs.find((known) => known === method.toLowerCase())
  const headers = readHeaders(flags.header ?? [], faults)
  http.requests = [
    {
      ...(verb === undefined ? { method, url: path } : { [verb]: path }),
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      ...(flags.body === undefined ? {} : { body: flags.body }),
    },
  ]
  document.markFlag(['http', 'requests', 0], url)
  document.markFlag(['http', 'requests', 0, 'method'], `--method ${method}`)
  for (const name of Object.keys(headers))
    document.markFlag(['http', 'requests', 0, 'headers', name], `--header ${name}`)
  document.markFlag(['http', 'requests', 0, 'body'], '--body')

  if (flags.slo !== undefined && flags.slo.length > 0) data.slo = [...flags.slo]
  for (const [i, slo] of (flags.slo ?? []).entries()) document.markFlag(['slo', i], `--slo "${slo}"`)

  const name = URL.canParse(target) ? new URL(target).host : target
  return compileScenario(document, faults, { name: name.slice(0, 200) || 'quick', directory: '.' }, options)
}

const spelling = (flag: string): string =>
  `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** The origin is the target, the rest the request; what is no URL is left for the schema to refuse. */
const splitUrl = (text: string): { target: string; path: string } => {
  const [, origin = text, rest = '/'] = /^(https?:\/\/[^/?#]+)(.*)$/s.exec(text) ?? []
  return { target: origin, path: rest.startsWith('/') ? rest : `/${rest}` }
}

const readHeaders = (lines: readonly string[], faults: Fault[]): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim()
    else
      faults.push({
        path: [],
        message: 'a header without a colon',
        expected: '--header "Name: value"',
        elsewhere: '--header',
      })
  }
  return headers
}

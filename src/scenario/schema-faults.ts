import type { z } from 'zod'
import { isSecretHeader } from './http-text.ts'
import { readScalar } from './interpolation.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import { cut, type Fault, nearest, type Path, withoutConsequences } from './scenario-faults.ts'
import { futureJobs } from './scenario-schema.ts'
import type { RuleParams } from './strict-map.ts'

type Issue = z.core.$ZodIssue

/** Issues of the schema, whose messages are what was expected, as faults. */
export const faultsOfIssues = (issues: readonly Issue[], document: ScenarioDocument): Fault[] =>
  withoutConsequences(issues.flatMap((issue) => faultsOfIssue(issue, [], document)))

/** The paths of all issues, those of every alternative included. */
export const pathsOfIssues = (issues: readonly Issue[], parent: Path = []): Path[] =>
  issues.flatMap((issue) => {
    const path = pathOf(issue, parent)
    return issue.code === 'invalid_union' ? [path, ...pathsOfIssues(issue.errors.flat(), path)] : [path]
  })

const pathOf = (issue: Issue, parent: Path): Path => [
  ...parent,
  ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
]

const faultsOfIssue = (issue: Issue, parent: Path, document: ScenarioDocument): Fault[] => {
  const path = pathOf(issue, parent)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], key, issue.message.split(', ')))
    case 'invalid_union':
      return faultsOfUnion(issue, path, document)
    case 'invalid_key':
      return [
        {
          path,
          atKey: true,
          message: `"${cut(String(path.at(-1)), 60)}" is no name for this`,
          expected: issue.issues[0]?.message ?? 'another name',
        },
      ]
    case 'custom': {
      const { message, missing = [], depth } = (issue.params ?? {}) as Partial<RuleParams>
      if (message === undefined) return [wrongValue(path, issue.message, document)]
      const fault = { path, message, expected: issue.message }
      if (depth === undefined) return [fault]
      return [{ ...fault, atKey: true, missing: { map: path.slice(0, path.length - depth), keys: missing } }]
    }
    case 'invalid_value':
      return [
        withNearest(
          wrongValue(path, issue.message, document),
          document.valueAt(path),
          issue.values.map(String),
        ),
      ]
    default:
      return [wrongValue(path, issue.message, document)]
  }
}

/** Where keys live that people look for elsewhere. */
const homes: readonly (readonly [string, readonly string[]])[] = [
  [
    'load',
    [
      'avalanche',
      'tsunami',
      'rate',
      'ratePerDriver',
      'stages',
      'spike',
      'sine',
      'arrivals',
      'duration',
      'requestsPerDriver',
      'maxInFlight',
    ],
  ],
  [
    'http',
    [
      'target',
      'timeout',
      'connections',
      'reuse',
      'feeders',
      'requests',
      'tls',
      'headers',
      'auth',
      'redirects',
      'preflight',
    ],
  ],
  ['check', ['status', 'header', 'contains', 'matches', 'size', 'time']],
  ['the scenario itself', ['name', 'seed', 'drivers', 'labels', 'http', 'load', 'slo']],
]

const unknownKey = (path: Path, key: string, known: readonly string[]): Fault => {
  if (path.length === 1 && futureJobs.includes(key))
    return {
      path,
      atKey: true,
      message: `the job "${key}" is not in this version`,
      expected: 'the job "http"',
    }
  const near = nearest(key, known)
  const home = homes.find(([, keys]) => keys.includes(key))?.[0]
  const fault: Fault = { path, atKey: true, message: `unknown key "${cut(key, 60)}"` }
  if (near !== undefined)
    return { ...fault, hint: `did you mean "${near}"?`, meant: { map: path.slice(0, -1), key: near } }
  const shown = known.filter((name) => !name.startsWith('$'))
  const expected = `${shown.length === 1 ? '' : 'one of '}${shown.join(', ')}`
  return { ...fault, expected, ...(home === undefined ? {} : { hint: `"${key}" belongs to ${home}` }) }
}

/** Of the alternatives, the one that the user most likely meant: the fewest faults at its own top. */
const faultsOfUnion = (
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  document: ScenarioDocument,
): Fault[] => {
  const value = document.valueAt(path)
  const fitting = issue.errors.filter(
    (errors) => errors.length > 0 && !errors.some((e) => e.code === 'invalid_type' && e.path.length === 0),
  )
  if (value === undefined || value === null || fitting.length === 0)
    return [wrongValue(path, issue.message, document)]
  const ranked = fitting.map((errors) => ({ errors, weight: weightOf(errors, value) }))
  ranked.sort((a, b) => a.weight - b.weight)
  return (ranked[0]?.errors ?? []).flatMap((error) => faultsOfIssue(error, path, document))
}

/** Keys that have no place in an alternative weigh most, then what else is wrong with its own keys, then what lies below. */
const weightOf = (issues: readonly Issue[], value: unknown): number =>
  issues.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
      const known = issue.message.split(', ')
      const misspelt = issue.keys.filter((key) => nearest(key, known) !== undefined).length
      return sum + 20 * misspelt + 100 * (issue.keys.length - misspelt)
    }
    if (issue.path.length === 0) return sum + 10
    const first = issue.path[0]
    const missing = typeof value === 'object' && value !== null && first !== undefined && !(first in value)
    return sum + (missing ? 50 : 1)
  }, 0)

const wrongValue = (path: Path, expected: string, document: ScenarioDocument): Fault => {
  const value = document.valueAt(path)
  const name = path.at(-1)
  const shownName =
    typeof name === 'number' ? `item ${name + 1}` : name === undefined ? 'the scenario' : `"${name}"`
  if (value === undefined)
    return {
      path,
      message: `${shownName} is missing`,
      expected,
      missing: { map: path.slice(0, -1), keys: [String(name)] },
    }
  if (value === null) return { path, message: `${shownName} is empty`, expected }
  return {
    path,
    message: `expected ${expected}, got ${describe(path, value, document)}`,
    ...(isHidden(path, document) ? {} : hintFor(expected, value)),
  }
}

const describe = (path: Path, value: unknown, document: ScenarioDocument): string => {
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty list' : `a list of ${value.length.toLocaleString('en-US')}`
  if (typeof value === 'object' && value !== null) return 'a map'
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  const shown = typeof value === 'string' ? JSON.stringify(cut(value, 80)) : String(value)
  const environment = document.environmentOf(path)
  if (environment === undefined) return isSecret(path) ? 'another value' : shown
  const raw = cut(environment.raw, 60)
  return mayHoldSecrets(path) ? raw : `${shown} from ${raw}`
}

/** The value is not shown, so neither is what could be made of it. */
const isHidden = (path: Path, document: ScenarioDocument): boolean =>
  isSecret(path) || (mayHoldSecrets(path) && document.environmentOf(path) !== undefined)

const isSecret = (path: Path): boolean =>
  path[0] === 'http' &&
  path.some((step) => typeof step === 'string' && (step === 'auth' || isSecretHeader(step)))

/** Texts of requests that came from the environment are never shown. */
const mayHoldSecrets = (path: Path): boolean =>
  path[0] === 'http' && (path[1] === 'requests' || path[1] === 'headers' || path[1] === 'auth')

/** What the user may have meant, by what was expected. */
const hintFor = (expected: string, value: unknown): { hint?: string } => {
  if (expected.startsWith('a URL') && typeof value === 'string' && /^[\w.-]+(:\d+)?(\/\S*)?$/.test(value))
    return {
      hint:
        nearest(value, ['builtin']) !== undefined ? 'did you mean builtin?' : `did you mean http://${value}?`,
    }
  const number =
    typeof value === 'number' || (typeof value === 'string' && /^\d{1,12}(\.\d{1,6})?$/.test(value))
      ? value
      : undefined
  if (
    /^(a whole|a positive|true)/.test(expected) &&
    typeof value === 'string' &&
    typeof readScalar(value) !== 'string'
  )
    return { hint: `without quotes, ${value} is one` }
  if (number === undefined || Number(number) <= 0) return {}
  if (expected.startsWith('a rate')) return { hint: `did you mean ${number}/s?` }
  if (expected.startsWith('a duration')) return { hint: `did you mean ${number}s or ${number}ms?` }
  if (expected.startsWith('a percentage')) return { hint: `did you mean ${number}% or ${number}/s?` }
  if (expected.startsWith('a size')) return { hint: `did you mean ${number}kB?` }
  return {}
}

const withNearest = (fault: Fault, value: unknown, known: readonly string[]): Fault => {
  const near = typeof value === 'string' ? nearest(value, known) : undefined
  return near === undefined ? fault : { ...fault, hint: `did you mean "${near}"?` }
}

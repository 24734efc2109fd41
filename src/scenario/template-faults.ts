import { verbs } from './request-schema.ts'
import type { Feeder } from './scenario.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import { type Fault, nearest, type Path } from './scenario-faults.ts'
import { isMap } from './strict-map.ts'
import { isTemplateBuiltin, parseTemplate, templateBuiltins } from './template.ts'

/** What templates may name, where they stand. */
interface Scope {
  document: ScenarioDocument
  feeders: ReadonlyMap<string, Feeder | undefined>
  /** Captured by earlier steps of the journey. */
  captured: ReadonlySet<string>
  /** Captured by this or later steps: too late. */
  later: ReadonlySet<string>
}

/** Templates that cannot be read, or that name what nothing provides. Looks at raw data, as `faultsOfMeaning`. */
export function* faultsOfTemplates(
  document: ScenarioDocument,
  feeders: ReadonlyMap<string, Feeder | undefined>,
): Iterable<Fault> {
  const http = isMap(document.data) ? document.data.http : undefined
  if (!isMap(http)) return
  const scope: Scope = { document, feeders, captured: new Set(), later: new Set() }
  for (const key of ['headers', 'auth']) yield* faultsWithin(http[key], ['http', key], scope)
  if (!Array.isArray(http.requests)) return
  for (const [i, operation] of http.requests.entries()) {
    if (!isMap(operation)) continue
    const path = ['http', 'requests', i]
    if (Array.isArray(operation.steps)) yield* faultsOfJourney(operation.steps, [...path, 'steps'], scope)
    else yield* faultsOfRequest(operation, path, { ...scope, later: new Set(variablesOf(operation)) })
  }
}

function* faultsOfJourney(steps: unknown[], path: Path, scope: Scope): Iterable<Fault> {
  const captured = new Set<string>()
  const later = new Set(steps.flatMap(variablesOf))
  for (const [i, step] of steps.entries()) {
    if (!isMap(step)) continue
    yield* faultsOfRequest(step, [...path, i], { ...scope, captured, later })
    for (const variable of variablesOf(step)) captured.add(variable)
  }
}

const variablesOf = (step: unknown): string[] =>
  isMap(step) && isMap(step.capture) ? Object.keys(step.capture) : []

const templatedKeys = [...verbs, 'url', 'headers', 'auth', 'body', 'json', 'form'] as const

function* faultsOfRequest(request: Record<string, unknown>, path: Path, scope: Scope): Iterable<Fault> {
  for (const key of templatedKeys)
    if (key in request) yield* faultsWithin(request[key], [...path, key], scope)
}

function* faultsWithin(value: unknown, path: Path, scope: Scope): Iterable<Fault> {
  if (typeof value === 'string') {
    if (value.includes('{{')) yield* faultsOfText(value, path, scope)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      yield* faultsWithin(inner, [...path, Array.isArray(value) ? Number(key) : key], scope)
  }
}

function* faultsOfText(text: string, path: Path, scope: Scope): Iterable<Fault> {
  const parsed = parseTemplate(text)
  if (!parsed.ok) {
    yield withoutValue({ path, message: parsed.message, expected: parsed.expected }, scope)
    return
  }
  for (const segment of parsed.segments) {
    if (segment.kind === 'literal' || isTemplateBuiltin(segment.name)) continue
    const fault = faultOfName(segment.name, scope)
    if (fault !== undefined) yield withoutValue({ path, ...fault }, scope)
  }
}

/** A value of the environment may be a secret that only looks like a template. */
const withoutValue = (fault: Fault, { document }: Scope): Fault => {
  const environment = document.environmentOf(fault.path)
  return environment === undefined
    ? fault
    : { path: fault.path, message: `a template that cannot be used in the value of ${environment.raw}` }
}

const faultOfName = (name: string, scope: Scope): Omit<Fault, 'path'> | undefined => {
  const { feeders, captured, later } = scope
  if (captured.has(name)) return undefined
  const dot = name.indexOf('.')
  const feeder = dot === -1 ? undefined : name.slice(0, dot)
  if (feeder !== undefined && feeders.has(feeder)) {
    const columns = feeders.get(feeder)?.columns
    const column = name.slice(dot + 1)
    if (columns === undefined || columns.includes(column)) return undefined
    return {
      message: `feeder "${feeder}" has no column "${column}"`,
      expected: `one of ${columns.slice(0, 20).join(', ')}`,
      hint: () => didYouMean(name, scope),
    }
  }
  if (later.has(name))
    return {
      message: `{{${name}}} is not captured yet here`,
      expected: 'an earlier step of the same journey that captures it',
    }
  return {
    message: `nothing provides {{${name}}}`,
    expected:
      'a column of a feeder {{users.name}}, what an earlier step of the journey captured, or a built-in such as {{seq}}',
    hint: () => didYouMean(name, scope),
  }
}

const didYouMean = (name: string, { feeders, captured }: Scope): string | undefined => {
  const columns = [...feeders].flatMap(([feeder, value]) =>
    (value?.columns ?? []).map((column) => `${feeder}.${column}`),
  )
  const near = nearest(name, [...Object.keys(templateBuiltins), ...captured, ...columns])
  return near === undefined ? undefined : `did you mean {{${near}}}?`
}

import { verbs } from './request-schema.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import { cut, type Path } from './scenario-faults.ts'
import { isMap } from './strict-map.ts'

const maxNameLength = 200

/**
 * What a request is called that has no name: `GET /orders`. Its URL is shown as it was written, since names are in
 * every report and a variable of the environment may be a secret.
 */
export const defaultRequestName = (method: string, shownUrl: string): string =>
  cut(`${method} ${shownUrl}`, maxNameLength)

export const defaultJourneyName = (index: number): string => `journey ${index + 1}`

/** What a scenario without requests asks of its target: the path and query of the target itself. */
export const ownUrlOf = (target: string): string => {
  if (!URL.canParse(target)) return '/'
  const { pathname, search } = new URL(target)
  return `${pathname}${search}`
}

/** A name that operations of a scenario have, as far as its raw data says. */
export interface OperationName {
  name: string
  kind: 'request' | 'journey'
  path: Path
}

/** Of the raw `http`, whatever is wrong with it. */
export function* namesOf(document: ScenarioDocument, http: unknown): Iterable<OperationName> {
  const { target, requests } = isMap(http) ? http : { target: http, requests: undefined }
  const first: unknown = Array.isArray(target) ? target[0] : target
  if (requests === undefined && typeof first === 'string')
    return yield { name: defaultRequestName('GET', ownUrlOf(first)), kind: 'request', path: ['http'] }
  if (!Array.isArray(requests)) return
  for (const [i, operation] of requests.entries()) {
    if (!isMap(operation)) continue
    const path = ['http', 'requests', i]
    if (!('steps' in operation)) yield* nameOfRequest(document, operation, path)
    else {
      yield {
        name: typeof operation.name === 'string' ? operation.name : defaultJourneyName(i),
        kind: 'journey',
        path,
      }
      if (!Array.isArray(operation.steps)) continue
      for (const [j, step] of operation.steps.entries())
        if (isMap(step) && !('think' in step)) yield* nameOfRequest(document, step, [...path, 'steps', j])
    }
  }
}

function* nameOfRequest(
  document: ScenarioDocument,
  request: Record<string, unknown>,
  path: Path,
): Iterable<OperationName> {
  if (typeof request.name === 'string') return yield { name: request.name, kind: 'request', path }
  const key = verbs.find((verb) => typeof request[verb] === 'string') ?? 'url'
  const url = request[key]
  const method = key === 'url' ? String(request.method ?? 'GET') : key
  if (typeof url === 'string')
    yield {
      name: defaultRequestName(method.toUpperCase(), document.shownAt([...path, key], url)),
      kind: 'request',
      path,
    }
}

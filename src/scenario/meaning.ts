import { parseSlo } from '../measuring/slo.ts'
import { namesOf } from './operation-names.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import { type Fault, nearest } from './scenario-faults.ts'
import { isMap } from './strict-map.ts'

/**
 * What no schema sees: parts that speak of each other. These checks look at the raw data, and only at what has the
 * right shape, so that all faults of a file are found at once.
 */
export const faultsOfMeaning = (document: ScenarioDocument): Fault[] => {
  const { data } = document
  if (!isMap(data)) return []
  const names = [...namesOf(document, data.http)]
  return [
    ...faultsOfNames(names),
    ...faultsOfSlos(data.slo, new Set(names.map(({ name }) => name))),
    ...faultsOfStart(data),
    ...faultsOfTargets(data.http),
  ]
}

function* faultsOfNames(names: ReturnType<typeof namesOf>): Iterable<Fault> {
  const kinds = new Map<string, 'request' | 'journey'>()
  for (const { name, kind, path } of names) {
    const other = kinds.get(name)
    kinds.set(name, other ?? kind)
    if (other === undefined || (other === 'request' && kind === 'request')) continue
    const message =
      other === kind
        ? `two journeys are called "${name}"`
        : `a journey and a request are both called "${name}"`
    yield {
      path: [...path, 'name'],
      message,
      expected: 'a name of its own: reports and SLOs tell them apart by it',
    }
  }
}

function* faultsOfSlos(slos: unknown, names: ReadonlySet<string>): Iterable<Fault> {
  if (names.size === 0) return
  const list = Array.isArray(slos) ? slos : [slos]
  const expected = `one of ${[...names].slice(0, 10).join(', ')}`
  for (const [i, text] of list.entries()) {
    if (typeof text !== 'string') continue
    const parsed = parseSlo(text)
    const name = parsed.ok ? parsed.slo.of : undefined
    if (name === undefined || names.has(name)) continue
    yield {
      path: Array.isArray(slos) ? ['slo', i] : ['slo'],
      message: `no request or journey is called "${name}"`,
      expected,
      hint: () => {
        const near = nearest(name, names)
        return near === undefined ? undefined : `did you mean "${near}"?`
      },
    }
  }
}

function* faultsOfStart({ start, drivers = 1 }: Record<string, unknown>): Iterable<Fault> {
  const atLeast = isMap(start) ? start.atLeast : undefined
  if (typeof atLeast === 'number' && typeof drivers === 'number' && atLeast > drivers)
    yield {
      path: ['start', 'atLeast'],
      message: `${atLeast} drivers at least, where there are ${drivers}`,
      expected: 'no more than "drivers"',
    }
}

function* faultsOfTargets(http: unknown): Iterable<Fault> {
  if (!isMap(http)) return
  const targets: unknown[] = Array.isArray(http.target) ? http.target : [http.target]
  const urls = targets.map((target) =>
    typeof target === 'string' && URL.canParse(target) ? new URL(target) : undefined,
  )
  for (const [i, url] of urls.entries()) {
    const path = Array.isArray(http.target) ? ['http', 'target', i] : ['http', 'target']
    if (url === undefined) continue
    if (url.search !== '' && (http.requests !== undefined || urls.length > 1))
      yield {
        path,
        message: 'a target with a query',
        expected: 'the query in the requests: { get: /path?key=value }',
      }
    else if (http.requests === undefined && url.pathname !== urls[0]?.pathname)
      yield {
        path,
        message: 'targets of different paths, and no requests',
        expected: 'the same path in every target, or "requests"',
      }
  }
}

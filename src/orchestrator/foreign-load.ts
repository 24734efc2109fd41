import type { Load, Operation, Scenario } from '../scenario/scenario.ts'

/**
 * What drivers written by others can do: so many GET requests each, all at once or with a gap of whole seconds, against
 * a target of their own. They read the brief's fields of `test_config` and nothing else.
 */

/** Why they cannot carry out this scenario, each a clause; empty where they can. */
export const foreignFaultsOf = ({ load, http }: Scenario): string[] => [
  ...faultsOfLoad(load),
  ...faultsOfRequests(http.requests),
]

/** Whether a driver written by others makes one driver's part of the load, exact gap or not. */
export const isSharedByCount = (load: Load): boolean =>
  (load.kind === 'avalanche' || load.kind === 'tsunami') && load.requestsPerDriver !== undefined

function* faultsOfLoad(load: Load): Generator<string> {
  if (load.kind !== 'avalanche' && load.kind !== 'tsunami') {
    yield `they know no load of the kind ${load.kind}, only avalanche and tsunami`
    return
  }
  if (load.requestsPerDriver === undefined)
    yield 'without requestsPerDriver they would not know how many requests to make'
  if (load.durationMs !== undefined) yield 'a duration does not end their load'
  if (load.requests !== undefined) yield 'they cannot share a number of requests among them'
  if (load.kind === 'tsunami' && load.gapMs % 1000 !== 0)
    yield `a gap of ${load.gapMs} ms is no whole number of seconds: they would read it as 0 and flood their target`
}

function* faultsOfRequests(requests: readonly Operation[]): Generator<string> {
  const [first, second] = requests
  if (second !== undefined) yield 'they make one request over and over, not several'
  if (first === undefined) return
  if (first.kind === 'journey') yield 'they make no journeys'
  else if (first.method !== 'GET' || first.body !== undefined || first.auth !== undefined)
    yield 'they make no request but a plain GET'
}

import type { RunResult } from './run-result.ts'

/**
 * The order in which a result's fields are written: as `RunResult` declares them. Whatever has no place here (names of
 * requests, kinds of errors, status codes, the scenario's own fields) follows by its name, so that two reports of equal
 * results are equal byte for byte, whoever built the objects.
 */
const order = [
  'id name kind scenario seed labels state outcome error why warnings createdAt startedAt finishedAt elapsedMs plan',
  'reason share isForeign assumedFinished pid cpu clock totals responseTimeMs serviceTimeMs sendLatenessMs errorTimeMs requests drivers slo',
  'startSkewMs startSkewUncertaintyMs gaps steering environment',
  'load targets durationMs operations',
  'started sent answered retried unsent unsentReasons inFlight errors errorDetails status checks bytesIn bytesOut',
  'connectionsOpened answeredPerSecond',
  'count min mean median mode p90 p95 p99 p999 max',
  'text passed failed observed observedText brokenAtSecond',
  'driver from to atMs command scale by',
  'code message hint offsetMs uncertaintyMs',
  'groundswell node system cores memoryBytes',
]
  .join(' ')
  .split(' ')

const rankOf = new Map(order.map((name, rank) => [name, rank]))

const compareNames = (a: string, b: string): number => {
  const byRank = (rankOf.get(a) ?? order.length) - (rankOf.get(b) ?? order.length)
  return byRank !== 0 ? byRank : a < b ? -1 : 1
}

const inOrder = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => compareNames(a, b)))
    : value

/** A result as JSON text with its fields in one order, ended by a line feed: for `--json` and `result.json`. */
export const renderReportJson = (result: RunResult): string => `${JSON.stringify(result, inOrder, 2)}\n`

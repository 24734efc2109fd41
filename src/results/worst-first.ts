import type { RequestResult } from './run-result.ts'

/** The slowest by p99 first; of equals, or without an answer, by name. */
export const worstFirst = (requests: readonly RequestResult[]): RequestResult[] =>
  requests.toSorted(
    (a, b) =>
      (b.responseTimeMs.p99 ?? -1) - (a.responseTimeMs.p99 ?? -1) ||
      (a.name < b.name ? -1 : Number(a.name > b.name)),
  )

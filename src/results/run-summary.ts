import type { RunResult } from './run-result.ts'
import type { RunSummary } from './store/results-store.ts'
import { figuresForList } from './store/run-list.ts'

/** A result as one line of a list. `updatedAt`: ISO 8601. */
export const summaryOf = (result: RunResult, updatedAt: string): RunSummary => ({
  id: result.id,
  name: result.name,
  labels: result.labels,
  createdAt: result.createdAt,
  updatedAt,
  ...figuresForList(result),
})

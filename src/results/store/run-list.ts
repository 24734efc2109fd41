import { isoTime } from '../../lib/clock.ts'
import type { RunOutcome, RunPhase, RunResult } from '../run-result.ts'
import { sumCounts } from '../summary-text-figures.ts'
import { toldTotalsOf, tookPart } from '../told-totals.ts'
import type { RunQuery, RunSummary } from './results-store.ts'
import {
  numberIn,
  numberOrNullIn,
  type Row,
  type SqlValue,
  type Statement,
  storable,
  textIn,
  textOrNullIn,
} from './sql-database.ts'

const maxRuns = 1000

/** The rows that a query asks for, newest first; of an unknown `beforeId` none. */
export const listStatement = ({ limit, beforeId, name, labels = {}, idPrefix }: RunQuery): Statement => {
  const values: SqlValue[] = []
  const parameter = (value: SqlValue): string => `$${values.push(value)}`
  const conditions: string[] = []
  if (beforeId !== undefined)
    conditions.push(
      `(created_at_ms, id) < (select created_at_ms, id from groundswell_runs where id = ${parameter(storable(beforeId))})`,
    )
  if (name !== undefined) conditions.push(`name = ${parameter(storable(name))}`)
  if (idPrefix !== undefined)
    conditions.push(`substr(id, 1, ${parameter(idPrefix.length)}) = ${parameter(storable(idPrefix))}`)
  for (const [label, value] of Object.entries(labels))
    conditions.push(
      `exists (select 1 from groundswell_labels l where l.run_id = groundswell_runs.id
        and l.label = ${parameter(storable(label))} and l.value = ${parameter(storable(value))})`,
    )
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  return {
    sql: `select id, name, labels, state, outcome, created_at_ms, started_at, finished_at, updated_at_ms, load, drivers,
      sent, answered, errors, response_p99_ms
      from groundswell_runs ${where} order by created_at_ms desc, id desc
      limit ${parameter(Math.max(0, Math.min(maxRuns, Math.floor(limit))))}`,
    values,
  }
}

export const summaryIn = (row: Row): RunSummary => ({
  id: textIn(row, 'id'),
  name: textIn(row, 'name'),
  labels: JSON.parse(textIn(row, 'labels')) as Record<string, string>,
  state: textIn(row, 'state') as RunPhase,
  outcome: textOrNullIn(row, 'outcome') as RunOutcome | null,
  createdAt: isoTime(numberIn(row, 'created_at_ms')),
  startedAt: textOrNullIn(row, 'started_at'),
  finishedAt: textOrNullIn(row, 'finished_at'),
  updatedAt: isoTime(numberIn(row, 'updated_at_ms')),
  load: textIn(row, 'load'),
  drivers: numberIn(row, 'drivers'),
  sent: numberOrNullIn(row, 'sent'),
  answered: numberOrNullIn(row, 'answered'),
  errors: numberOrNullIn(row, 'errors'),
  responseP99Ms: numberOrNullIn(row, 'response_p99_ms'),
})

/** What a list shows of a result, as far as it changes while the run goes on. */
export const figuresForList = (
  result: RunResult,
): Pick<
  RunSummary,
  | 'state'
  | 'outcome'
  | 'startedAt'
  | 'finishedAt'
  | 'load'
  | 'drivers'
  | 'sent'
  | 'answered'
  | 'errors'
  | 'responseP99Ms'
> => {
  const { sent, answered, errors } = countsOf(result)
  return {
    state: result.state,
    outcome: result.outcome,
    startedAt: result.startedAt,
    finishedAt: result.finishedAt,
    load: result.plan.load,
    drivers: result.plan.drivers,
    sent: whole(sent),
    answered: whole(answered),
    errors: whole(errors),
    responseP99Ms: result.responseTimeMs.p99,
  }
}

/** Drivers written by others are not in the totals. */
const countsOf = ({ drivers, totals }: RunResult): Pick<RunSummary, 'sent' | 'answered' | 'errors'> =>
  drivers.some(({ isForeign }) => isForeign)
    ? toldTotalsOf(drivers.filter(tookPart))
    : { sent: totals.sent, answered: totals.answered, errors: sumCounts(totals.errors) }

const whole = (count: number | null): number | null => (count === null ? null : Math.round(count))

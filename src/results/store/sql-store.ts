import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import type { NamedMeasurement } from '../../measuring/measurement.ts'
import type { JournalEvent, JournaledRun } from '../../orchestrator/run-journal.ts'
import { describeLoad } from '../../pacing/describe-load.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { RunResult } from '../run-result.ts'
import type {
  NewRun,
  Orphan,
  ResultsStore,
  RunQuery,
  RunSummary,
  StoredSecond,
  StoreLock,
} from './results-store.ts'
import { figuresForList, listStatement, summaryIn } from './run-list.ts'
import {
  ConstraintBroken,
  numberIn,
  type Row,
  type SqlDatabase,
  type Statement,
  storable,
  textIn,
} from './sql-database.ts'
import { encodeMeasurements } from './stored-second.ts'
import { putStatements, readStoredSeconds } from './stored-seconds.ts'

const maxOrphans = 1000
const maxOrphanBytes = 65_536

/** The results store in SQL, whichever database executes it. */
export class SqlStore implements ResultsStore {
  readonly #database: SqlDatabase
  readonly #clock: Clock

  constructor(database: SqlDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  lock(): Promise<StoreLock> {
    return this.#database.lock()
  }

  async createRun({ id, createdAtMs, record, isResumable }: NewRun): Promise<void> {
    const text = JSON.stringify(record)
    try {
      await this.#database.transact([
        {
          sql: `insert into groundswell_runs (id, created_at_ms, is_resumable, is_over, record, name, labels, state,
            updated_at_ms, load, drivers, sent, answered, errors)
            values ($1, $2, $3, 0, $4, $5, $6, 'queued', $7, $8, $9, 0, 0, 0)`,
          values: [
            id,
            createdAtMs,
            isResumable ? 1 : 0,
            text,
            storable(record.name),
            JSON.stringify(record.labels),
            this.#clock.wallMs(),
            describeLoad(record.load, record.drivers),
            record.drivers,
          ],
        },
        ...Object.entries(record.labels).map(([label, value]) => ({
          sql: 'insert into groundswell_labels (run_id, label, value) values ($1, $2, $3)',
          values: [id, storable(label), storable(value)],
        })),
      ])
    } catch (error) {
      if (!(error instanceof ConstraintBroken)) throw error
      // Written before, by someone who did not hear that it was.
      const [same] = await this.#query(
        'select id from groundswell_runs where id = $1 and created_at_ms = $2 and record = $3',
        [id, createdAtMs, text],
      )
      if (same === undefined) throw new AppError('RUN_EXISTS', `There is a run ${id} in the results store.`)
    }
  }

  async appendEvent(runId: string, seq: number, event: JournalEvent): Promise<void> {
    await this.#write(runId, [
      {
        sql: 'insert into groundswell_events (run_id, seq, event) values ($1, $2, $3) on conflict do nothing',
        values: [runId, seq, JSON.stringify(event)],
      },
      {
        sql: `update groundswell_runs set updated_at_ms = $2, is_over = case when $3 = 1 then 1 else is_over end
          where id = $1`,
        values: [runId, this.#clock.wallMs(), event.type === 'closed' || event.type === 'failed' ? 1 : 0],
      },
    ])
  }

  async unfinishedRuns(): Promise<JournaledRun[]> {
    const [runs = [], events = []] = await this.#database.transact([
      {
        sql: `select id, created_at_ms, record from groundswell_runs where is_resumable = 1 and is_over = 0
          order by created_at_ms, id`,
      },
      {
        sql: `select e.run_id, e.event from groundswell_events e join groundswell_runs r on r.id = e.run_id
          where r.is_resumable = 1 and r.is_over = 0 order by e.run_id, e.seq`,
      },
    ])
    const eventsOf = Map.groupBy(events, (row) => textIn(row, 'run_id'))
    return runs.map((row) => journaledRun(row, eventsOf.get(textIn(row, 'id')) ?? []))
  }

  async readJournal(runId: string): Promise<JournaledRun | undefined> {
    const [[run] = [], events = []] = await this.#database.transact([
      { sql: 'select id, created_at_ms, record from groundswell_runs where id = $1', values: [runId] },
      { sql: 'select event from groundswell_events where run_id = $1 order by seq', values: [runId] },
    ])
    return run === undefined ? undefined : journaledRun(run, events)
  }

  async putSeconds(runId: string, rows: readonly StoredSecond[]): Promise<void> {
    for (const statements of putStatements(runId, rows))
      await this.#write(runId, [
        ...statements,
        {
          sql: 'update groundswell_runs set updated_at_ms = $2 where id = $1',
          values: [runId, this.#clock.wallMs()],
        },
      ])
  }

  async addToSecond(
    runId: string,
    second: number,
    addition: string,
    measurements: readonly NamedMeasurement[],
  ): Promise<void> {
    await this.#write(runId, [
      {
        sql: `insert into groundswell_late (run_id, second, addition, measurements) values ($1, $2, $3, $4)
          on conflict do nothing`,
        values: [runId, second, addition, encodeMeasurements(measurements)],
      },
    ])
  }

  readSeconds(runId: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncIterable<StoredSecond> {
    return readStoredSeconds(this.#database, runId, from, to)
  }

  async putResult(runId: string, result: RunResult): Promise<void> {
    const figures = figuresForList(result)
    await this.#write(runId, [
      {
        sql: `insert into groundswell_results (run_id, result) values ($1, $2)
          on conflict (run_id) do update set result = excluded.result`,
        values: [runId, JSON.stringify(result)],
      },
      {
        sql: `update groundswell_runs set updated_at_ms = $2, state = $3, outcome = $4, started_at = $5,
          finished_at = $6, load = $7, drivers = $8, sent = $9, answered = $10, errors = $11, response_p99_ms = $12
          where id = $1`,
        values: [
          runId,
          this.#clock.wallMs(),
          figures.state,
          figures.outcome,
          figures.startedAt,
          figures.finishedAt,
          figures.load,
          figures.drivers,
          figures.sent,
          figures.answered,
          figures.errors,
          figures.responseP99Ms,
        ],
      },
    ])
  }

  async readResult(runId: string): Promise<RunResult | undefined> {
    const [row] = await this.#query('select result from groundswell_results where run_id = $1', [runId])
    if (row === undefined) return undefined
    // What older versions did not write is unknown.
    const result = JSON.parse(textIn(row, 'result')) as Omit<RunResult, 'environment'>
    return { environment: null, ...result }
  }

  async listRuns(query: RunQuery): Promise<RunSummary[]> {
    const [rows = []] = await this.#database.transact([listStatement(query)])
    return rows.map(summaryIn)
  }

  async deleteRun(runId: string): Promise<boolean> {
    const deleted = await this.#query('delete from groundswell_runs where id = $1 returning id', [runId])
    if (deleted.length > 0) await this.#database.reclaim()
    return deleted.length > 0
  }

  async addOrphan({ receivedAtMs, topic, text, reason }: Orphan): Promise<void> {
    await this.#database.transact([
      {
        sql: 'insert into groundswell_orphans (received_at_ms, topic, message, reason) values ($1, $2, $3, $4)',
        // As JSON texts, for what Postgres takes in no text: a NUL.
        values: [receivedAtMs, JSON.stringify(topic), JSON.stringify(cut(text)), JSON.stringify(reason)],
      },
      {
        sql: `delete from groundswell_orphans
          where id <= (select id from groundswell_orphans order by id desc limit 1 offset ${maxOrphans})`,
      },
    ])
  }

  async listOrphans(): Promise<Orphan[]> {
    const rows = await this.#query(
      `select received_at_ms, topic, message, reason from groundswell_orphans order by id desc limit ${maxOrphans}`,
      [],
    )
    return rows.map((row) => ({
      receivedAtMs: numberIn(row, 'received_at_ms'),
      topic: JSON.parse(textIn(row, 'topic')) as string,
      text: JSON.parse(textIn(row, 'message')) as string,
      reason: JSON.parse(textIn(row, 'reason')) as string,
    }))
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  async #query(sql: string, values: Statement['values'] = []): Promise<Row[]> {
    const [rows = []] = await this.#database.transact([{ sql, values }])
    return rows
  }

  async #write(runId: string, statements: readonly Statement[]): Promise<void> {
    try {
      await this.#database.transact(statements)
    } catch (error) {
      if (!(error instanceof ConstraintBroken)) throw error
      throw new AppError('RUN_UNKNOWN', `There is no run ${runId} in the results store.`)
    }
  }
}

const journaledRun = (run: Row, events: readonly Row[]): JournaledRun => ({
  id: textIn(run, 'id'),
  createdAtMs: numberIn(run, 'created_at_ms'),
  record: JSON.parse(textIn(run, 'record')) as Scenario,
  events: events.map((event) => JSON.parse(textIn(event, 'event')) as JournalEvent),
})

/** At a border of characters. */
const cut = (text: string): string => {
  if (text.length <= maxOrphanBytes / 3) return text
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= maxOrphanBytes) return text
  return new TextDecoder().decode(bytes.subarray(0, maxOrphanBytes), { stream: true })
}

import { AppError } from '../../lib/errors.ts'
import type { Row } from './sql-database.ts'

export type Dialect = 'sqlite' | 'postgres'

/**
 * The schema, step by step: the n-th entry leads from version n to n + 1. What was released is never changed, only added
 * to. All tables begin with `groundswell_`, so that they can share a database with others.
 *
 *   runs      one row a run: what was asked, and the figures that a list shows
 *   labels    its labels, to look for
 *   events    what the orchestrator decided, in order
 *   seconds   one row a second: all measurements with their full histograms, as on the wire
 *   late      what came for a second after its row was written; part of that second
 *   results   the newest result, as `--json` prints it
 *   orphans   messages of no run
 */
const migrations: readonly ((dialect: Dialect) => readonly string[])[] = [
  (dialect) => [
    `create table groundswell_runs (
      id text primary key,
      created_at_ms bigint not null,
      is_resumable integer not null,
      is_over integer not null,
      record text not null,
      name text not null,
      labels text not null,
      state text not null,
      outcome text,
      started_at text,
      finished_at text,
      updated_at_ms bigint not null,
      load text not null,
      drivers integer not null,
      sent bigint,
      answered bigint,
      errors bigint,
      response_p99_ms double precision
    )`,
    'create index groundswell_runs_by_age on groundswell_runs (created_at_ms, id)',
    `create table groundswell_labels (
      run_id text not null references groundswell_runs (id) on delete cascade,
      label text not null,
      value text not null,
      primary key (run_id, label)
    )`,
    `create table groundswell_events (
      run_id text not null references groundswell_runs (id) on delete cascade,
      seq integer not null,
      event text not null,
      primary key (run_id, seq)
    )`,
    `create table groundswell_seconds (
      run_id text not null references groundswell_runs (id) on delete cascade,
      second integer not null,
      drivers integer not null,
      whole integer not null,
      in_flight bigint not null,
      measurements text not null,
      primary key (run_id, second)
    )`,
    `create table groundswell_late (
      run_id text not null references groundswell_runs (id) on delete cascade,
      second integer not null,
      addition text not null,
      measurements text not null,
      primary key (run_id, second, addition)
    )`,
    `create table groundswell_results (
      run_id text primary key references groundswell_runs (id) on delete cascade,
      result text not null
    )`,
    `create table groundswell_orphans (
      id ${dialect === 'sqlite' ? 'integer primary key autoincrement' : 'bigint generated always as identity primary key'},
      received_at_ms bigint not null,
      topic text not null,
      message text not null,
      reason text not null
    )`,
  ],
]

export const schemaVersion = migrations.length

/**
 * Brings the schema to `target`. `execute` runs a statement on one connection, within a transaction that keeps out
 * everyone else who might do the same. Rejects with STORE_NEWER, having changed nothing.
 */
export const migrate = async (
  dialect: Dialect,
  execute: (sql: string) => Promise<readonly Row[]>,
  target = schemaVersion,
): Promise<void> => {
  await execute('create table if not exists groundswell_schema (version integer not null)')
  const version = versionIn(await execute('select version from groundswell_schema'))
  if (version > target) throw newerSchema(version, target)
  for (const migration of migrations.slice(version, target))
    for (const statement of migration(dialect)) await execute(statement)
  if (version === target) return
  await execute('delete from groundswell_schema')
  await execute(`insert into groundswell_schema (version) values (${target})`)
}

/** Of the rows of `groundswell_schema`. */
export const versionIn = (rows: readonly Row[]): number => Number(rows[0]?.version ?? 0)

const newerSchema = (found: number, known: number): AppError =>
  new AppError(
    'STORE_NEWER',
    `The results store has schema version ${found}; this version of Groundswell knows up to ${known}.`,
  )

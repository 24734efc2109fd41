/**
 * The real servers and programs that integration tests use: brought by `npm run components`, which also starts and
 * records the servers.
 *
 *   describe('...', { skip: skipWithout('kafka') }, () => { ... requireKafka().brokers ... })
 *
 * Servers are shared by all tests at once: topic prefixes, groups and databases have random names.
 */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { kafkaLibsDir } from '../../scripts/components/kafka-server.mjs'
import { findChromium, findPrometheus } from '../../scripts/components/programs.mjs'
import { isAlive, readState } from '../../scripts/components/state.mjs'

export type ComponentName = 'kafka' | 'postgres' | 'chromium' | 'prometheus'

export interface KafkaComponent {
  /** `host:port`, plaintext. */
  brokers: string[]
  /** The jars of the broker and of its tools. */
  libsDir: string
  javaPath: string
  /** With it a JVM starts in half the time; nothing depends on its being there. */
  archiveFile?: string | undefined
}

export interface PostgresComponent {
  /** A superuser's, on a maintenance database. */
  url: string
}

/** The shared broker, or that of `GROUNDSWELL_KAFKA=HOST:PORT[,HOST:PORT]`; undefined where none runs. */
export const kafkaComponent = (): KafkaComponent | undefined => {
  const elsewhere = process.env.GROUNDSWELL_KAFKA
  const { kafka } = readState()
  const isRunning = kafka !== undefined && isAlive(kafka)
  const brokers = elsewhere ? elsewhere.split(',') : isRunning ? [kafka.url] : undefined
  const { libsDir = kafkaLibsDir, javaPath = 'java', archiveFile } = kafka?.programs ?? {}
  return brokers && { brokers, libsDir, javaPath, archiveFile }
}

/** The shared server, or that of `GROUNDSWELL_POSTGRES=postgres://...`; undefined where none runs. */
export const postgresComponent = (): PostgresComponent | undefined => {
  const elsewhere = process.env.GROUNDSWELL_POSTGRES
  if (elsewhere) return { url: elsewhere }
  const { postgres } = readState()
  return postgres !== undefined && isAlive(postgres) ? { url: postgres.url } : undefined
}

/** A program that tests start themselves. */
export interface ProgramComponent {
  path: string
}

/** The browser, or that of `GROUNDSWELL_CHROMIUM=FILE`; undefined where there is none. */
export const chromiumComponent = (): ProgramComponent | undefined => programAt(findChromium())

/** The Prometheus server, or that of `GROUNDSWELL_PROMETHEUS=FILE`; undefined where there is none. */
export const prometheusComponent = (): ProgramComponent | undefined => programAt(findPrometheus())

const programAt = (path: string | undefined): ProgramComponent | undefined =>
  path === undefined ? undefined : { path }

/**
 * For the `skip` option of `describe` and `it`: false where the component is there, otherwise why not and what helps.
 * With `GROUNDSWELL_REQUIRE_COMPONENTS=1` nothing is skipped: then a missing component is an error, here and now.
 */
export const skipWithout = (component: ComponentName): false | string => {
  if (finders[component]() !== undefined) return false
  if (process.env.GROUNDSWELL_REQUIRE_COMPONENTS === '1') throw missing(component)
  return missing(component).message
}

const requireFound = <Component>(name: ComponentName, found: Component | undefined): Component => {
  if (found === undefined) throw missing(name)
  return found
}

export const requireKafka = (): KafkaComponent => requireFound('kafka', kafkaComponent())

export const requirePostgres = (): PostgresComponent => requireFound('postgres', postgresComponent())

export const requireChromium = (): ProgramComponent => requireFound('chromium', chromiumComponent())

export const requirePrometheus = (): ProgramComponent => requireFound('prometheus', prometheusComponent())

const finders = {
  kafka: kafkaComponent,
  postgres: postgresComponent,
  chromium: chromiumComponent,
  prometheus: prometheusComponent,
}

const lacks: Record<ComponentName, string> = {
  kafka: 'Kafka does not run here',
  postgres: 'PostgreSQL does not run here',
  chromium: 'Chromium is not installed here',
  prometheus: 'Prometheus is not installed here',
}

const missing = (component: ComponentName): Error => new Error(`${lacks[component]}: npm run components`)

export interface FreshDatabase extends AsyncDisposable {
  url: string
  /** Ends its connections and drops it. */
  drop(): Promise<void>
}

/** An empty database with a random name on the shared server. */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  const server = requirePostgres().url
  const name = `groundswell_${randomBytes(8).toString('hex')}`
  await runStatement(server, `CREATE DATABASE ${name} TEMPLATE template0`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const drop = (): Promise<void> => runStatement(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  return { url: url.href, drop, [Symbol.asyncDispose]: drop }
}

const runStatement = async (url: string, statement: string): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

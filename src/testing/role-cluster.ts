import { randomBytes } from 'node:crypto'
import { requireKafka } from './components.ts'
import { type ProgramEnd, type ProgramRun, startProgram } from './run-program.ts'
import { waitFor } from './wait-for.ts'

/** A line of a role's log. */
export interface LogLine {
  level: string
  msg: string
  [fact: string]: unknown
}

export interface Role extends ProgramRun {
  log(): LogLine[]
  /** Until a line with this text is logged; the line. */
  said(text: string, since?: number): Promise<LogLine>
  signal(name: NodeJS.Signals): Promise<ProgramEnd>
}

export interface DriverRole extends Role {
  id: string
}

export interface OrchestratorRole extends Role {
  url: string
}

/** Several Node processes start on a busy machine. */
const patienceMs = 120_000

/**
 * The roles as processes on a real broker, with topics of their own that nobody else uses. What is still up at its end is
 * killed.
 */
export class RoleCluster implements AsyncDisposable {
  readonly prefix = `test-${randomBytes(8).toString('hex')}-`
  readonly #brokers: string
  readonly #roles: ProgramRun[] = []

  constructor(brokers = requireKafka().brokers) {
    this.#brokers = brokers.join(',')
  }

  /** What says where Kafka is. */
  get kafka(): string[] {
    return ['--kafka', this.#brokers, '--topic-prefix', this.prefix]
  }

  async startDriver(args: readonly string[] = [], env: Record<string, string> = {}): Promise<DriverRole> {
    const role = this.#start(['driver', ...this.kafka, ...args], env)
    const { driver } = await role.said('up, waiting for runs')
    return Object.assign(role, { id: String(driver) })
  }

  startDrivers(count: number, args: readonly string[] = []): Promise<DriverRole[]> {
    return Promise.all(Array.from({ length: count }, () => this.startDriver(args)))
  }

  async startOrchestrator(
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<OrchestratorRole> {
    const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
    const role = this.#start(['orchestrator', ...this.kafka, ...listen, ...args], env)
    const { url } = await role.said('up, waiting for drivers')
    return Object.assign(role, { url: String(url) })
  }

  /** `groundswell run` with drivers over this Kafka. */
  startRun(args: readonly string[]): ProgramRun {
    return this.start(['run', ...args, ...this.kafka])
  }

  start(args: readonly string[], env: Record<string, string> = {}): ProgramRun {
    const run = startProgram(args, { env, limitMs: 3 * patienceMs })
    this.#roles.push(run)
    return run
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#roles.map(async ({ child, ended }) => {
        child.kill('SIGKILL')
        await ended
      }),
    )
  }

  #start(args: readonly string[], env: Record<string, string>): Role {
    const run = this.start([...args, '--log-format', 'json'], env)
    let end: ProgramEnd | undefined
    void run.ended.then((ended) => {
      end = ended
    })
    const log = (): LogLine[] => linesOf(run.stderr())
    return Object.assign(run, {
      log,
      said: (text: string, since = 0) =>
        waitFor(
          `${args[0]} to say "${text}"`,
          () => {
            const line = log()
              .slice(since)
              .find(({ msg }) => msg.includes(text))
            if (line === undefined && end !== undefined)
              throw new Error(`${args[0]} ended with ${end.exitCode}:\n${end.stderr}`)
            return line
          },
          patienceMs,
        ),
      signal: (name: NodeJS.Signals) => {
        run.child.kill(name)
        return run.ended
      },
    })
  }
}

/** The complete lines that are JSON. */
const linesOf = (text: string): LogLine[] =>
  text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []))

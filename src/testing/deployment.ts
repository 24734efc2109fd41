import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawId } from '../lib/random-id.ts'
import type { RunResult } from '../results/run-result.ts'
import { type ProgramRun, startProgram } from './run-program.ts'
import { waitFor } from './wait-for.ts'

/** A role of the program in a process of its own. */
export interface RoleProcess {
  readonly program: ProgramRun
  readonly pid: number
  /** The facts of its first line that says `up`. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Lines of its log so far that hold this text. */
  said(text: string): string[]
  /** Resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

/**
 * One orchestrator and its drivers as real processes on a real broker, with topics and a store of their own. For tests
 * that kill: everything is reached through the API or the processes' logs, nothing is shared with this process.
 */
export class Deployment implements AsyncDisposable {
  readonly prefix = `${drawId('t')}.`
  readonly directory = mkdtempSync(join(tmpdir(), 'groundswell-deployment-'))
  readonly drivers = new Set<RoleProcess>()
  readonly #kafka: readonly string[]
  readonly #store: string
  readonly #runs: ProgramRun[] = []
  #orchestrator: RoleProcess | undefined

  /** `store`: another than a SQLite file of its own; a URL with a password goes into the environment. */
  constructor(brokers: readonly string[], store?: string) {
    this.#kafka = ['--kafka', brokers.join(','), '--topic-prefix', this.prefix]
    this.#store = store ?? join(this.directory, 'results.sqlite')
  }

  get orchestrator(): RoleProcess {
    return this.#orchestrator ?? assert.fail('no orchestrator was started')
  }

  async startOrchestrator(args: readonly string[] = []): Promise<RoleProcess> {
    this.#orchestrator = await startRole(
      ['orchestrator', ...this.#kafka, '--listen', '127.0.0.1:0', ...args],
      { GROUNDSWELL_STORE: this.#store },
    )
    return this.#orchestrator
  }

  /** `groundswell run FILE --kafka`, which nobody waits for. */
  startRun(args: readonly string[]): ProgramRun {
    const run = startProgram(['run', ...args, ...this.#kafka], { limitMs: 300_000 })
    this.#runs.push(run)
    return run
  }

  async startDriver(args: readonly string[] = [], env: Record<string, string> = {}): Promise<RoleProcess> {
    const driver = await startRole(['driver', ...this.#kafka, ...args], env)
    this.drivers.add(driver)
    void once(driver.program.child, 'exit').then(() => this.drivers.delete(driver))
    return driver
  }

  /** Until so many drivers are free for a run. */
  async awaitFree(count: number): Promise<void> {
    await waitFor(
      `${count} free drivers`,
      async () => {
        const answer = await this.call('GET', '/api/drivers').catch(() => undefined)
        if (answer?.status !== 200) return false
        const { drivers } = answer.body as { drivers: { state: string; isAlive: boolean }[] }
        return drivers.filter(({ state, isAlive }) => state === 'idle' && isAlive).length >= count
      },
      60_000,
    )
  }

  /** A request to the API; rejects where nothing answers. */
  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${String(this.orchestrator.facts.url)}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }

  /** Until `hasBegun`; fails with what the run says where it ends before, or never gets there. */
  async awaitBegin(id: string, hasBegun: () => boolean): Promise<void> {
    let last: RunResult | undefined
    try {
      await waitFor(
        `run ${id} to begin`,
        async () => {
          if (hasBegun()) return true
          const answer = await this.call('GET', `/api/runs/${id}`).catch(() => undefined)
          if (answer?.status === 200) last = answer.body as RunResult
          assert.notEqual(last?.state, 'finished')
          return false
        },
        60_000,
      )
    } catch {
      const { state, error, drivers, why } = last ?? {}
      const told = { state, error, why, drivers: drivers?.map((driver) => [driver.id, driver.state]) }
      assert.fail(`run ${id} did not begin: ${JSON.stringify(told)}\n${this.orchestrator.program.stderr()}`)
    }
  }

  /** The run when it is over; undefined where the orchestrator knows of none. */
  async awaitEnd(id: string, timeoutMs = 120_000): Promise<RunResult | undefined> {
    const found = await waitFor(
      `the end of run ${id}`,
      async (): Promise<{ result: RunResult | undefined } | undefined> => {
        const answer = await this.call('GET', `/api/runs/${id}`).catch(() => undefined)
        if (answer?.status === 404) return { result: undefined }
        const result = answer?.status === 200 ? (answer.body as RunResult) : undefined
        return result?.state === 'finished' ? { result } : undefined
      },
      timeoutMs,
    )
    return found.result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.drivers].map((driver) => driver.kill()))
    for (const { child, ended } of this.#runs) {
      child.kill('SIGKILL')
      await ended
    }
    await this.#orchestrator?.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Resolves when the role says that it is up; rejects with all that it said where it ends before. */
export const startRole = async (
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RoleProcess> => {
  const program = startProgram([...args, '--log-format', 'json'], { env, limitMs: 900_000 })
  const { child } = program
  let isGone = false
  const gone = once(child, 'exit').then(() => {
    isGone = true
  })
  const facts = await waitFor(
    `${args[0]} to be up`,
    () => {
      assert.ok(!isGone, `${args.join(' ')} ended:\n${program.stderr()}`)
      const line = program
        .stderr()
        .split('\n')
        .find((text) => /"msg":"up\b/.test(text))
      return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>)
    },
    60_000,
  )
  return {
    program,
    pid: child.pid ?? 0,
    facts,
    said: (text) =>
      program
        .stderr()
        .split('\n')
        .filter((line) => line.includes(text)),
    kill: async (signal = 'SIGKILL') => {
      if (!isGone) child.kill(signal)
      await gone
    },
  }
}

import { isErrorCode } from '../api/problem.ts'
import { sleep } from '../lib/clock.ts'
import { AppError, exitCodes, messageOf } from '../lib/errors.ts'
import { drawId } from '../lib/random-id.ts'
import { version } from '../lib/version.ts'
import { Histogram } from '../measuring/histogram.ts'
import type { RunResult } from '../results/run-result.ts'
import type { RunUpdate } from '../results/run-update.ts'
import type { LoadedScenario, LoadedSource } from '../scenario/compile-scenario.ts'
import type { RunLog } from './conduct-run.ts'
import type { Key } from './keys.ts'
import type { RunFlags } from './load-from-flags.ts'
import { OrchestratorClient } from './orchestrator-client.ts'
import type { ProgramContext } from './program-context.ts'
import { readSecret } from './read-secret.ts'
import { commandOf, openRemoteProgress, type RemoteProgress } from './remote-progress.ts'
import { chartsOf, timelineOf, wholeOf } from './remote-results.ts'
import { keepFailedRun, reportRun } from './report-run.ts'
import { parseHttpUrl } from './role-flags.ts'
import { listenToSignals } from './signals.ts'

/** So long a run is followed whose orchestrator does not answer. */
const patienceMs = 600_000

const firstPauseMs = 500
const longestPauseMs = 5000

/** Attempts to hand the scenario over, once somebody has answered at all. */
const attempts = 3

/**
 * `groundswell run FILE --orchestrator URL`: hands the scenario to an orchestrator that is up, with all that it was made of,
 * follows the run as one of this machine, and reports it. Resolves with the exit code. The run is the orchestrator's: it
 * goes on while this process cannot reach it, and, after a second Ctrl-C, without it.
 */
export const runRemotely = async (
  context: ProgramContext,
  loaded: LoadedScenario,
  flags: RunFlags & { detach?: boolean },
  log: RunLog,
  directory: string | undefined,
): Promise<number> => {
  const token = await readSecret(context, {
    option: '--token-file',
    file: flags.tokenFile,
    variable: 'GROUNDSWELL_TOKEN',
  })
  const url = parseHttpUrl('--orchestrator', flags.orchestrator ?? '')
  const client = new OrchestratorClient({ url, token }, context.clock)
  const created = await create(context, client, loaded)
  if (flags.detach === true) {
    context.stdout.write(`${created.id}\n`)
    return exitCodes.passed
  }
  const remote = new RemoteRun(context, client, created, (line) => {
    if (flags.quiet !== true) log.say(line)
  })
  const exitCode = await remote.follow(flags, log)
  const { result } = remote
  if (result.error !== null) {
    await keepFailedRun(context, result, flags, directory)
    throw errorOf(result.error)
  }
  const whole = await wholeOf(client, result.id)
  return reportRun(
    context,
    {
      result,
      timeline: timelineOf(client, result),
      charts: () => chartsOf(client, result, whole),
      version,
      responseTime:
        whole && Histogram.decode(whole.responseTime.histogram.data, whole.responseTime.histogram.exact),
    },
    flags,
    directory,
    exitCode,
  )
}

/** With an id of ours: asked again after an answer that did not arrive, it makes no second run. */
const create = async (
  { clock }: ProgramContext,
  client: OrchestratorClient,
  { source, scenario }: LoadedScenario,
): Promise<RunResult> => {
  const body = { id: drawId('r'), ...bodyOf(source, scenario.seed) }
  // Nothing is sent where nobody is: the scenario may be large, and hold secrets.
  await client.ask('GET', '/healthz')
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.ask<RunResult>('POST', '/api/runs', body)
    } catch (error) {
      if (!isAway(error) || attempt === attempts) throw error
      await sleep(clock, firstPauseMs)
    }
  }
}

/** The seed is that which was drawn here, so that the run is the one that was validated. */
const bodyOf = ({ file, content, set, env, assets }: LoadedSource, seed: number) => ({
  file,
  ...('text' in content ? { scenarioText: content.text } : { scenario: content.data }),
  set: [...set, `seed=${seed}`],
  env,
  assets: Object.fromEntries(
    [...assets].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  ),
})

/** A run as it is followed from here. */
class RemoteRun {
  readonly #context: ProgramContext
  readonly #client: OrchestratorClient
  readonly #say: (line: string) => void
  #result: RunResult
  #progress: RemoteProgress | undefined
  #isOver = false

  constructor(
    context: ProgramContext,
    client: OrchestratorClient,
    created: RunResult,
    say: (line: string) => void,
  ) {
    this.#context = context
    this.#client = client
    this.#result = created
    this.#say = say
  }

  /** The latest; after {@link follow} the last. */
  get result(): RunResult {
    return this.#result
  }

  /** To the end. Resolves with what a signal made of the exit code. */
  async follow(flags: RunFlags, log: RunLog): Promise<number | undefined> {
    const { id } = this.#result
    using signals = listenToSignals(
      {
        onSignal: this.#context.onSignal,
        clock: this.#context.clock,
        exit: (code) => {
          this.#progress?.[Symbol.dispose]()
          this.#context.stderr.write(
            `Left alone: run ${id} goes on at ${this.#client.url} until it has stopped.\n`,
          )
          return this.#context.exit(code)
        },
      },
      () => {
        this.#say(
          'Stopping: answers under way are awaited, then comes the report. Once more leaves it alone.',
        )
        this.#steer({ command: 'stop' })
      },
    )
    using progress = openRemoteProgress(this.#context, flags, (key) => this.#pressed(key))
    this.#progress = progress
    using _diverted = log.divert(progress.log)
    await this.#hearAll(progress)
    return signals.exitCode
  }

  async #hearAll(progress: RemoteProgress): Promise<void> {
    const { clock } = this.#context
    const { id } = this.#result
    let after: number | undefined
    let lostMs: number | undefined
    let pauseMs = firstPauseMs
    for (;;) {
      try {
        for await (const { event, data, id: seq } of this.#client.events(id, after)) {
          if (lostMs !== undefined) this.#say('The connection is back.')
          lostMs = undefined
          pauseMs = firstPauseMs
          if (seq !== undefined) after = Number(seq)
          if (event === 'update' || event === 'end')
            this.#result = await this.#client.ask<RunResult>('GET', `/api/runs/${encodeURIComponent(id)}`)
          if (event === 'update') progress.update(this.#result, JSON.parse(data) as RunUpdate)
          if (event === 'end') {
            this.#isOver = true
            return
          }
        }
        throw new AppError('ORCHESTRATOR_UNREACHABLE', `${this.#client.url} ended the stream of events.`)
      } catch (error) {
        if (!isAway(error)) throw error
        const nowMs = clock.nowMs()
        if (lostMs === undefined)
          this.#say(
            `The connection is lost (${messageOf(error)}). The run goes on there; trying to come back.`,
          )
        lostMs ??= nowMs
        if (nowMs - lostMs > patienceMs)
          throw new AppError('ORCHESTRATOR_UNREACHABLE', messageOf(error), {
            hint: `Run ${id} may go on there: GET ${this.#client.url}/api/runs/${id} says it.`,
            cause: error,
          })
      }
      await sleep(clock, pauseMs)
      pauseMs = Math.min(longestPauseMs, pauseMs * 2)
    }
  }

  #pressed(key: Key): void {
    if (key === 'interrupt') {
      this.#context.interrupt()
      return
    }
    const command = commandOf(key, this.#result)
    if (command !== undefined) this.#steer(command)
  }

  #steer(command: NonNullable<ReturnType<typeof commandOf>>): void {
    if (this.#isOver) return
    const path = `/api/runs/${encodeURIComponent(this.#result.id)}/steer`
    this.#client.ask<RunResult>('POST', path, command).then(
      (result) => {
        // So that the next key goes on from here.
        if (!this.#isOver) this.#result = result
      },
      (error: unknown) => this.#say(`Not steered: ${messageOf(error)}`),
    )
  }
}

/** Worth another attempt: nothing answers, or what answers cannot at the moment. */
const isAway = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === 'ORCHESTRATOR_UNREACHABLE' ||
    error.code === 'STREAM_LIMIT' ||
    error.code === 'STORE_UNAVAILABLE')

const errorOf = ({ code, message, hint }: NonNullable<RunResult['error']>): AppError =>
  new AppError(isErrorCode(code) ? code : 'INTERNAL', message, { hint })

import { startApi } from '../api/start-api.ts'
import { connectKafkaBus } from '../bus/kafka/kafka-bus.ts'
import type { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { drawId } from '../lib/random-id.ts'
import { version } from '../lib/version.ts'
import { Orchestrator } from '../orchestrator/orchestrator.ts'
import { noStore } from '../results/store/no-store.ts'
import { openStore } from '../results/store/open-store.ts'
import { RunKeeper } from '../results/store/run-keeper.ts'
import { keepRuns } from './keep-runs.ts'
import {
  type OrchestratorFlags,
  type ParsedOrchestratorFlags,
  parseOrchestratorFlags,
} from './orchestrator-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { openRoleLog } from './role-flags.ts'
import { runRole } from './run-role.ts'

/**
 * `groundswell orchestrator`: owns the runs of the drivers on its Kafka until a signal comes. Runs that go on are left to
 * its next life: their drivers go on, and the journal in the store says how.
 */
export const orchestratorCommand = async (
  context: ProgramContext,
  flags: OrchestratorFlags,
): Promise<number> => {
  const parsed = await parseOrchestratorFlags(context, flags)
  const logger = await openRoleLog(context, 'orchestrator', flags, parsed.secrets)
  for (const warning of parsed.warnings) logger.warn(warning)
  let orchestrator: Orchestrator | undefined
  return runRole(
    context,
    parsed.secrets,
    async (parts, fail) => {
      orchestrator = await openParts(context, parsed, logger, parts, fail)
    },
    () => logger.info(describeRest(orchestrator)),
  )
}

/** How long the end waits for a store that is away. */
const flushLimitMs = 5000

const decoder = new TextDecoder()

/** As much of an orphan as the store keeps: a thousand of them may wait for it. */
const orphanBytes = 65_536

/** A hundred drivers say two hundred things a second: taken in fifty times a second they cost a third. */
const gatherMs = 20

/** What is quick to fail comes first: a store that is locked is told before a broker is waited for. */
const openParts = async (
  context: ProgramContext,
  parsed: ParsedOrchestratorFlags,
  logger: Logger,
  parts: AsyncDisposableStack,
  fail: (error: AppError) => void,
): Promise<Orchestrator> => {
  const { clock } = context
  const { kafka, listen, token, target, maxQueued } = parsed
  const store = parsed.store === 'none' ? noStore : await openStore(parsed.store, { clock, logger })
  parts.defer(() => store.close())
  const lock = await store.lock()
  parts.defer(() => lock.release())
  const keeper = new RunKeeper({ store, clock, logger, isResumable: true, lock })
  let isDispossessed = false
  parts.defer(async () => {
    if (!isDispossessed && !(await keeper.flush(flushLimitMs)))
      logger.warn('not everything could be written to the store', { store: parsed.storeText })
    await keeper.close()
  })
  const bus = await connectKafkaBus({ ...kafka.options, gatherMs }, { clock, logger })
  parts.defer(() => bus.close())
  const orchestrator = new Orchestrator({
    bus,
    clock,
    logger,
    drawId,
    version,
    journal: keeper,
    channel: { peerUnits: { latency: parsed.peerLatencyUnit } },
    onOrphan: ({ topic, timestampMs, value }, reason) =>
      keeper.keepOrphan({
        receivedAtMs: timestampMs,
        topic,
        text: decoder.decode(value.subarray(0, orphanBytes)),
        reason,
      }),
    ...(maxQueued === undefined ? {} : { maxQueued }),
  })
  parts.defer(() => orchestrator.stop())
  // The runs are another one's now: nothing more is written of them.
  void lock.lost.then(async (error) => {
    isDispossessed = true
    logger.error('another orchestrator has taken the results store and the runs in it: this one ends')
    await keeper.close()
    fail(error)
  })
  await orchestrator.start()
  const api = await startApi({
    orchestrator: keepRuns(orchestrator, keeper),
    store,
    isStoreWritten: () => !keeper.isAway,
    clock,
    logger,
    ...listen,
    version,
    ...(token === undefined ? {} : { token }),
    insecure: parsed.isInsecure,
    ...(target === undefined ? {} : { apiDefaults: { target } }),
    processUsage: () => ({ cpuSeconds: context.cpuUsageUs() / 1e6, residentBytes: context.residentBytes() }),
  })
  parts.defer(() => api.close())
  greet(context, parsed, api.url)
  logger.info('up, waiting for drivers and runs', {
    url: api.url,
    kafka: kafka.options.brokers,
    store: parsed.storeText,
    version,
  })
  return orchestrator
}

/** For a person at a terminal; a log has the same in its first line. */
const greet = (context: ProgramContext, { kafka, storeText }: ParsedOrchestratorFlags, url: string): void => {
  if (context.stderr.isTTY !== true) return
  const { brokers, topicPrefix } = kafka.options
  const broker = brokers.join(',')
  const prefix = topicPrefix === undefined ? '' : ` --topic-prefix ${topicPrefix}`
  context.stderr.write(`\
Orchestrator ${version} at ${url}, Kafka ${broker}${prefix === '' ? '' : `, topics ${topicPrefix}*`}, runs kept in ${storeText}
  a driver:  groundswell driver --kafka ${broker}${prefix} --orchestrator ${url}
  a run:     groundswell run scenario.yaml --orchestrator ${url}
  Ctrl-C ends it; what runs then is taken up when it is started again.
`)
}

const describeRest = (orchestrator: Orchestrator | undefined): string => {
  const live = [...(orchestrator?.runs.values() ?? [])].filter(({ state }) => state.phase !== 'finished')
  const running = live.filter(({ state }) => state.phase === 'running').length
  const waiting = live.length - running
  return [
    'stopping',
    running === 0
      ? ''
      : `; ${running === 1 ? 'one run goes on and is' : `${running} runs go on and are`} taken up when this orchestrator is started again`,
    waiting === 0 ? '' : `; ${waiting} that had not begun ${waiting === 1 ? 'is' : 'are'} given up`,
  ].join('')
}

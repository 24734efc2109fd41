import { startApi } from '../api/start-api.ts'
import type { Bus } from '../bus/bus.ts'
import type { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { drawId } from '../lib/random-id.ts'
import { version } from '../lib/version.ts'
import { Orchestrator } from '../orchestrator/orchestrator.ts'
import { closeEndedRuns } from '../results/store/close-ended-runs.ts'
import { noStore } from '../results/store/no-store.ts'
import { openStore } from '../results/store/open-store.ts'
import { RunKeeper } from '../results/store/run-keeper.ts'
import { endAll, keepRuns, unfinishedOf, unlessEnding } from './keep-runs.ts'
import { LocalFleet } from './local-fleet.ts'
import {
  type OrchestratorFlags,
  type ParsedOrchestratorFlags,
  parseOrchestratorFlags,
} from './orchestrator-flags.ts'
import { describeRest, greet } from './orchestrator-greeting.ts'
import type { ProgramContext } from './program-context.ts'
import { environmentHere } from './report-environment.ts'
import { openRoleLog } from './role-flags.ts'
import { runRole } from './run-role.ts'

/**
 * `groundswell orchestrator`: owns runs until a signal comes. Over Kafka those that go on are left to its next life: their
 * drivers go on, and the journal in the store says how. Without Kafka its drivers are processes of its own, which end with
 * it: runs that go on are stopped in good order, and where there was no time for that, closed by its next life.
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
    () => logger.info(describeRest(orchestrator?.runs ?? new Map(), parsed.drivers.kind === 'here')),
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
  const { listen, token, target, maxQueued } = parsed
  const store = parsed.store === 'none' ? noStore : await openStore(parsed.store, { clock, logger })
  parts.defer(() => store.close())
  const environment = environmentHere(context)
  const lock = await store.lock()
  parts.defer(() => lock.release())
  const keeper = new RunKeeper({ store, clock, logger, isResumable: true, lock, environment })
  let isDispossessed = false
  parts.defer(async () => {
    if (!isDispossessed && !(await keeper.flush(flushLimitMs)))
      logger.warn('not everything could be written to the store', { store: parsed.storeText })
    await keeper.close()
  })
  const { bus, fleet } = await openDrivers(context, parsed.drivers, logger, parts)
  // Nobody can go on with these.
  if (fleet !== undefined) await closeEndedRuns(store, { clock, logger })
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
  fleet?.serve(orchestrator)
  await orchestrator.start()
  let isEnding = false
  const kept = keepRuns(orchestrator, keeper)
  const api = await startApi({
    orchestrator: unlessEnding(fleet?.own(kept) ?? kept, () => isEnding),
    store,
    isStoreWritten: () => !keeper.isAway,
    clock,
    logger,
    ...listen,
    version,
    environment,
    ...(token === undefined ? {} : { token }),
    insecure: parsed.isInsecure,
    ...(target === undefined ? {} : { apiDefaults: { target } }),
    ...(fleet === undefined ? {} : { builtinTarget: fleet.builtinTarget, maxDrivers: fleet.maxDrivers }),
    processUsage: () => ({ cpuSeconds: context.cpuUsageUs() / 1e6, residentBytes: context.residentBytes() }),
  })
  parts.defer(() => api.close())
  if (fleet !== undefined)
    parts.defer(async () => {
      isEnding = true
      await endAll(unfinishedOf(orchestrator.runs))
      await api.settled()
    })
  greet(context, parsed, api.url)
  const facts = { url: api.url, store: parsed.storeText, version }
  if (parsed.drivers.kind === 'here')
    logger.info('up, waiting for runs', { ...facts, maxDrivers: parsed.drivers.here.maxDrivers })
  else
    logger.info('up, waiting for drivers and runs', { ...facts, kafka: parsed.drivers.kafka.options.brokers })
  return orchestrator
}

/** The bus, and the drivers where they are ours. Kafka's client is loaded only for Kafka. */
const openDrivers = async (
  context: ProgramContext,
  drivers: ParsedOrchestratorFlags['drivers'],
  logger: Logger,
  parts: AsyncDisposableStack,
): Promise<{ bus: Bus; fleet: LocalFleet | undefined }> => {
  if (drivers.kind === 'here') {
    const onChildLine = (line: string): void => logger.warn('a process on this machine says', { line })
    const fleet = new LocalFleet({ context, logger, ...drivers.here, onChildLine })
    parts.defer(() => fleet.close())
    return { bus: fleet.bus, fleet }
  }
  const { connectKafkaBus } = await import('../bus/kafka/kafka-bus.ts')
  const bus = await connectKafkaBus({ ...drivers.kafka.options, gatherMs }, { clock: context.clock, logger })
  parts.defer(() => bus.close())
  return { bus, fleet: undefined }
}

import { isoTime } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { totalOf } from '../measuring/counts.ts'
import { availableMembers } from '../orchestrator/members.ts'
import { lostAfterMs } from '../orchestrator/run-state.ts'
import { aggregateOf, aggregateOfResult } from '../results/aggregate.ts'
import type { RunResult } from '../results/run-result.ts'
import { tookPart } from '../results/told-totals.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { LiveRun } from './api-options.ts'
import type { ApiServices } from './api-services.ts'
import type { TestList, TestMetrics } from './brief-schemas.ts'
import { compileSource } from './compile-source.ts'
import { createRun } from './create-run.ts'
import { briefTestSchema, testParams, tsunamiParams } from './request-schemas.ts'
import { defineRoute, type Reply, type Route } from './route.ts'
import { liveRunOf } from './run-routes.ts'

/**
 * The routes of the distributed load-testing brief's implementations. They say next to nothing, so most comes from
 * `apiDefaults`; what they make is a held run as any other: configured, ready, and waiting for its trigger.
 */
export const briefRoutes = (services: ApiServices): Route[] => {
  const { directory, options } = services
  const created = {
    description: 'It is made, and waits for its trigger.',
    content: { 'application/json': 'TestCreated' },
  } as const
  const creationErrors = ['SCENARIO_INVALID', 'QUEUE_FULL', 'STORE_UNAVAILABLE'] as const

  return [
    defineRoute({
      method: 'POST',
      path: '/avalanche',
      summary: 'Prepare a test that sends as fast as answers come.',
      tag: 'load-testing brief',
      body: { schema: briefTestSchema.optional(), isOptional: true },
      answers: { 200: created },
      errors: creationErrors,
      handle: ({ body }) => create(services, body ?? {}, 'avalanche', {}),
    }),
    defineRoute({
      method: 'POST',
      path: '/tsunami/{seconds}',
      summary: 'Prepare a test with so many seconds between the requests of each driver.',
      tag: 'load-testing brief',
      params: tsunamiParams,
      body: { schema: briefTestSchema.optional(), isOptional: true },
      answers: { 200: created },
      errors: creationErrors,
      handle: ({ params, body }) =>
        create(services, body ?? {}, 'tsunami', { tsunami: `${gapMs(params.seconds)}ms` }),
    }),
    defineRoute({
      method: 'POST',
      path: '/trigger/{testId}',
      summary: 'Start a test that is ready.',
      tag: 'load-testing brief',
      params: testParams,
      answers: { 200: { description: 'It starts; the body is empty.' } },
      errors: ['RUN_UNKNOWN', 'RUN_NOT_READY', 'RUN_BEGUN', 'RUN_FINISHED', 'STORE_UNAVAILABLE'],
      handle: async ({ params }) => {
        const run = await liveRunOf(services, params.testId)
        await services.inTime(run.trigger())
        return { status: 200 }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics/{testId}',
      summary: 'The five figures of a test, over all drivers and of each.',
      tag: 'load-testing brief',
      params: testParams,
      answers: { 200: { description: 'As of now.', content: { 'application/json': 'TestMetrics' } } },
      errors: ['RUN_UNKNOWN', 'STORE_UNAVAILABLE'],
      handle: async ({ params }) => {
        const found = await directory.find(params.testId)
        const nowMs = options.clock.wallMs()
        const json =
          found.kind === 'live'
            ? liveMetrics(found.run, directory.resultOf(found.run), nowMs)
            : pastMetrics(found.result)
        return { status: 200, json }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/tests',
      summary: 'The newest hundred tests.',
      tag: 'load-testing brief',
      answers: { 200: { description: 'Newest first.', content: { 'application/json': 'TestList' } } },
      errors: [],
      handle: async () => ({ status: 200, json: await listTests(services) }),
    }),
  ]
}

const gapMs = (text: string): number => {
  const seconds = /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
  // A thousandth of a millisecond is the finest that a load says.
  if (!(seconds >= 1e-6))
    throw new AppError('REQUEST_INVALID', 'A tsunami wants a number of seconds above 0 between requests.', {
      hint: 'As in POST /tsunami/0.25; without a gap it is POST /avalanche.',
    })
  return Number((seconds * 1000).toFixed(3))
}

type BriefTest = NonNullable<ReturnType<(typeof briefTestSchema)['parse']>>

const defaultCount = 500
const defaultTimeoutMs = 30_000
/** Of an avalanche, in flight on each driver. */
const defaultInFlight = 100

const create = async (
  services: ApiServices,
  body: BriefTest,
  kind: 'avalanche' | 'tsunami',
  gap: { tsunami?: string },
): Promise<Reply> => {
  const { options, directory } = services
  const { target, messageCountPerDriver, timeoutMs } = options.apiDefaults ?? {}
  const url = body.target_url ?? target
  if (url === undefined)
    throw new AppError('REQUEST_INVALID', 'Nobody said what to load.', {
      hint: 'Send {"target_url": "http://HOST:PORT/ping"}, or start the orchestrator with --target URL.',
    })
  const requestsPerDriver = body.message_count_per_driver ?? messageCountPerDriver ?? defaultCount
  const connections = body.connections ?? Math.min(requestsPerDriver, defaultInFlight)
  const { orchestrator, clock } = options
  const free = availableMembers(orchestrator.members, clock.wallMs(), lostAfterMs).length
  const { origin, path } = splitUrl(url)
  const loaded = await compileSource(
    {
      file: kind,
      scenario: {
        name: kind,
        drivers: Math.max(1, free),
        http: {
          target: origin,
          connections,
          timeout: `${body.timeout_ms ?? timeoutMs ?? defaultTimeoutMs}ms`,
          requests: [{ get: path }],
        },
        load: { ...(kind === 'avalanche' ? { avalanche: connections } : gap), requestsPerDriver },
      },
    },
    services.drawSeed,
  )
  const { result } = await createRun(options, directory, loaded, { hold: true })
  return { status: 200, json: { TestId: result.id, test_id: result.id } }
}

const splitUrl = (url: string): { origin: string; path: string } => {
  if (!URL.canParse(url)) return { origin: url, path: '/' }
  const { origin, pathname, search } = new URL(url)
  return { origin, path: pathname + search }
}

const typeOf = ({ load }: Scenario): 'AVALANCHE' | 'TSUNAMI' =>
  load.kind === 'avalanche' ? 'AVALANCHE' : 'TSUNAMI'

const liveMetrics = (run: LiveRun, result: RunResult, nowMs: number): TestMetrics => {
  const { aggregate, drivers } = aggregateOf(run.state, nowMs)
  return { ...headOf(result, isoTime(nowMs)), aggregate, drivers }
}

/** Of a run of the past: all that is known is in its result. */
const pastMetrics = (result: RunResult): TestMetrics => {
  const taking = result.drivers.filter(tookPart)
  return {
    ...headOf(result, result.finishedAt ?? result.createdAt),
    aggregate: aggregateOfResult(result),
    drivers: taking.map((driver) => ({
      nodeId: driver.id,
      state: driver.state,
      sent: driver.totals.sent,
      completed: driver.totals.answered,
      errors: driver.totals.errors === null ? null : totalOf(driver.totals.errors),
      ageMs: null,
      min: driver.responseTimeMs.min,
      max: driver.responseTimeMs.max,
      mean: driver.responseTimeMs.mean,
      median: driver.responseTimeMs.median,
      mode: driver.responseTimeMs.mode,
      rate: driver.totals.answeredPerSecond,
      latenessP99: driver.sendLatenessMs.p99,
    })),
  }
}

const headOf = (
  { id, scenario, state, outcome }: RunResult,
  asOf: string,
): Pick<TestMetrics, 'testId' | 'type' | 'state' | 'degraded' | 'asOf'> => ({
  testId: id,
  type: typeOf(scenario),
  state,
  degraded: outcome === 'degraded',
  asOf,
})

const maxTests = 100

const listTests = async ({ directory }: ApiServices): Promise<TestList> => {
  const { runs } = await directory.list(maxTests, undefined)
  const tests: TestList = []
  for (const run of runs)
    tests.push({
      testId: run.id,
      type: await directory.result(run.id).then(
        ({ scenario }) => typeOf(scenario),
        () => null,
      ),
      state: run.state,
      createdAt: run.createdAt,
      triggeredAt: run.startedAt,
      finishedAt: run.finishedAt,
      drivers: run.drivers,
      sent: run.sent,
      completed: run.answered,
      errors: run.errors,
      degraded: run.outcome === 'degraded',
    })
  return tests
}

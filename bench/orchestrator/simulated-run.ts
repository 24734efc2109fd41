import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { drawId } from '../../src/lib/random-id.ts'
import type { RunResult } from '../../src/results/run-result.ts'
import { kafkaComponent } from '../../src/testing/components.ts'
import { OrchestratorProcess } from './orchestrator-process.ts'
import { requestNames, startedPerSecond } from './sampled-interval.ts'
import type { SimulationNews, SimulationPlan } from './simulated-drivers.ts'

export type SentReport = Extract<SimulationNews, { kind: 'sent' }>

/** A run that goes on, of a fresh orchestrator over the shared broker with topics of its own. */
export interface SimulatedRun {
  orchestrator: OrchestratorProcess
  runId: string
  plan: SimulationPlan
  /** Of the run's start instant, `performance.now()`, to some milliseconds. */
  startMs: number
  /** Calls back with each report as it is sent. */
  onSent(listener: (report: SentReport) => void): void
  /** Its result; throws unless it passed with exactly what was planned. */
  finish(): Promise<RunResult>
}

/** Starts it, lets `measure` look at it, and ends everything. */
export const withSimulatedRun = async <T>(
  { drivers, seconds, phases }: Pick<SimulationPlan, 'drivers' | 'seconds' | 'phases'>,
  measure: (run: SimulatedRun) => Promise<T>,
): Promise<T> => {
  const brokers = kafkaComponent()?.brokers
  if (brokers === undefined) throw new Error('Kafka does not run here: npm run components')
  const plan: SimulationPlan = { brokers, topicPrefix: `${drawId('bench')}.`, drivers, seconds, phases }
  await using orchestrator = await OrchestratorProcess.start(brokers, plan.topicPrefix)
  const simulation = fork(fileURLToPath(new URL('simulated-drivers.ts', import.meta.url)), [
    JSON.stringify(plan),
  ])
  try {
    await heard(simulation, ({ kind }) => kind === 'registered')
    const { id } = await orchestrator.call<RunResult>('POST', '/api/runs', { scenario: scenarioOf(plan) })
    const startMs = await awaitStart(orchestrator, id)
    return await measure({
      orchestrator,
      runId: id,
      plan,
      startMs,
      onSent: (listener) => {
        simulation.on('message', (news: SimulationNews) => {
          if (news.kind === 'sent') listener(news)
        })
      },
      finish: () => finish(orchestrator, id, plan),
    })
  } finally {
    simulation.kill()
  }
}

const scenarioOf = ({ drivers, seconds }: SimulationPlan) => ({
  name: 'bench',
  drivers,
  http: {
    target: 'http://127.0.0.1:9',
    requests: requestNames.map((name) => ({ name, get: `/${name}` })),
  },
  load: { rate: `${drivers * startedPerSecond}/s`, duration: `${seconds}s` },
  slo: ['p99 < 1s', 'errors < 5%'],
})

const awaitStart = async (orchestrator: OrchestratorProcess, id: string): Promise<number> => {
  for (;;) {
    const { startedAt, error } = await orchestrator.call<RunResult>('GET', `/api/runs/${id}`)
    if (error !== null) throw new Error(`the run could not begin: ${error.message}`)
    if (startedAt !== null) return performance.now() + Date.parse(startedAt) - Date.now()
    await sleep(20)
  }
}

const finish = async (
  orchestrator: OrchestratorProcess,
  id: string,
  { drivers, seconds }: SimulationPlan,
): Promise<RunResult> => {
  for (;;) {
    const result = await orchestrator.call<RunResult>('GET', `/api/runs/${id}`)
    if (result.state !== 'finished') {
      await sleep(250)
      continue
    }
    const planned = drivers * seconds * startedPerSecond
    const { started, sent, answered, errors } = result.totals
    const counted = answered + Object.values(errors).reduce((sum, count) => sum + count, 0)
    const isComplete = [started, sent, counted, result.plan.operations].every((count) => count === planned)
    if (result.outcome !== 'passed' || !isComplete)
      throw new Error(`${result.outcome}: ${result.why.join(' ')} ${JSON.stringify(result.totals)}`)
    return result
  }
}

const heard = async (child: ChildProcess, isIt: (news: SimulationNews) => boolean): Promise<void> => {
  const gone = once(child, 'exit').then(() => {
    throw new Error('the simulated drivers ended')
  })
  const come = (async () => {
    for (;;) {
      const [news] = (await once(child, 'message')) as [SimulationNews]
      if (isIt(news)) return
    }
  })()
  await Promise.race([come, gone])
  gone.catch(() => {})
}

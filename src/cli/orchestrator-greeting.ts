import type { KafkaOptions } from '../bus/kafka/kafka-options.ts'
import { version } from '../lib/version.ts'
import type { Run } from '../orchestrator/run.ts'
import { unfinishedOf } from './keep-runs.ts'
import type { ParsedOrchestratorFlags } from './orchestrator-flags.ts'
import type { ProgramContext } from './program-context.ts'

/** What `groundswell orchestrator` says of itself to a person: at its start, and as it ends. */

/** At a terminal; a log has the same in its first line. */
export const greet = (
  context: Pick<ProgramContext, 'stderr'>,
  { drivers, storeText }: ParsedOrchestratorFlags,
  url: string,
): void => {
  if (context.stderr.isTTY !== true) return
  const run = `  a run:     groundswell run scenario.yaml --orchestrator ${url}`
  context.stderr.write(
    drivers.kind === 'here'
      ? `\
Dashboard ${url}
Orchestrator ${version}, ${drivers.here.maxDrivers} drivers at most, all on this machine, runs kept in ${storeText}
${run}, or from the dashboard
  Ctrl-C ends it, and what runs then.
`
      : greetingWithKafka(drivers.kafka.options, storeText, url, run),
  )
}

const greetingWithKafka = (
  { brokers, topicPrefix }: Pick<KafkaOptions, 'brokers' | 'topicPrefix'>,
  storeText: string,
  url: string,
  run: string,
): string => {
  const broker = brokers.join(',')
  const prefix = topicPrefix === undefined ? '' : ` --topic-prefix ${topicPrefix}`
  return `\
Dashboard ${url}
Orchestrator ${version}, Kafka ${broker}${prefix === '' ? '' : `, topics ${topicPrefix}*`}, runs kept in ${storeText}
  a driver:  groundswell driver --kafka ${broker}${prefix} --orchestrator ${url}
${run}, or from the dashboard
  Ctrl-C ends it; what runs then is taken up when it is started again.
`
}

/** `isEndingRuns`: its drivers go with it. */
export const describeRest = (runs: ReadonlyMap<string, Run>, isEndingRuns: boolean): string => {
  const live = unfinishedOf(runs)
  const running = live.filter(({ state }) => state.phase === 'running').length
  const waiting = live.length - running
  const stopped = `; ${running === 1 ? 'one run is' : `${running} runs are`} stopped in good order, once more ends at once`
  const left = `; ${running === 1 ? 'one run goes on and is' : `${running} runs go on and are`} taken up when this orchestrator is started again`
  return [
    'stopping',
    running === 0 ? '' : isEndingRuns ? stopped : left,
    waiting === 0 ? '' : `; ${waiting} that had not begun ${waiting === 1 ? 'is' : 'are'} given up`,
  ].join('')
}

import type { HeartbeatMessage, MetricsMessage } from '../bus/messages.ts'
import { foldRun, newRunState, type RunEvent, type RunState } from '../orchestrator/run-state.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { sampleScenario } from './sample-scenario.ts'

/** Runs with drivers written by others, as events: what those say after it was decoded. */

export const foreignRunId = 'r-1'
/** When such a run is created, configured and triggered. */
export const configuredAtMs = 1_000_000
export const foreignStartMs = configuredAtMs + 2000

/** Five hundred requests on each driver, all at once. */
export const countedScenario = (drivers: number, changes: Partial<Omit<Scenario, 'slo'>> = {}): Scenario =>
  sampleScenario({
    drivers,
    load: { kind: 'avalanche', inFlight: 10, requestsPerDriver: 500, maxInFlight: 1000 },
    ...changes,
  })

export const foreignBeat = (id: string, atMs: number, testId?: string): RunEvent => {
  const message: HeartbeatMessage = { node_id: id, heartbeat: 'YES' }
  return {
    type: 'heartbeat',
    atMs,
    message: testId === undefined ? message : { ...message, test_id: testId },
  }
}

export interface SaidInReport {
  sent?: number
  completed?: number
  errors?: number
  final?: true
  /** min, mean, median, mode, max */
  times?: readonly [number, number, number, number | null, number]
}

export const foreignReport = (
  id: string,
  reportId: string,
  { times, ...counts }: SaidInReport,
  testId: string | undefined = foreignRunId,
): MetricsMessage => ({
  node_id: id,
  test_id: testId,
  report_id: reportId,
  metrics:
    times === undefined
      ? {}
      : {
          min_latency: times[0],
          mean_latency: times[1],
          median_latency: times[2],
          mode_latency: times[3],
          max_latency: times[4],
        },
  ...counts,
})

export const foreignTold = (atMs: number, message: MetricsMessage): RunEvent => ({
  type: 'metrics',
  atMs,
  message,
})

/** A run that was triggered with these drivers; ours are ready. */
export const foreignRun = (
  foreign: readonly string[],
  { ours = [], scenario }: { ours?: readonly string[]; scenario?: Scenario } = {},
): RunState => {
  const chosen = (id: string, isForeign: boolean) => ({
    id,
    pid: null,
    isAbsent: false,
    isForeign,
    clock: null,
  })
  const events: RunEvent[] = [
    {
      type: 'configured',
      atMs: configuredAtMs,
      drivers: [...ours.map((id) => chosen(id, false)), ...foreign.map((id) => chosen(id, true))],
    },
    { type: 'triggered', atMs: foreignStartMs, startAtMs: foreignStartMs, ready: ours },
  ]
  const before = newRunState(
    foreignRunId,
    scenario ?? countedScenario(ours.length + foreign.length),
    configuredAtMs,
  )
  return events.reduce(foldRun, before)
}

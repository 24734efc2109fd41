import type { RunOutcome, RunPhase, RunResult, SteeringRecord } from '../../results/run-result.ts'
import type { RunUpdate, UpdateTotals } from '../../results/run-update.ts'

/** Words with a shape, in the style sheet: the shape is never alone, nor is the colour. */
export type Tone = 'good' | 'bad' | 'caution' | 'busy' | 'idle'

export interface Light {
  tone: Tone
  word: string
}

/** What a result (each few seconds) and an update (each second) say together: the newer of both. */
export interface RunNow {
  state: RunPhase
  outcome: RunOutcome | null
  elapsedMs: number
  totals: UpdateTotals
  slo: readonly { passed: boolean | null; observedText: string }[]
}

export const runNow = (result: RunResult, latest: RunUpdate | undefined): RunNow => {
  const { state, outcome, elapsedMs, totals, slo } = result
  if (latest === undefined || state === 'finished' || latest.elapsedMs < elapsedMs)
    return { state, outcome, elapsedMs, totals, slo }
  return {
    state: latest.state,
    outcome: latest.outcome,
    elapsedMs: latest.elapsedMs,
    totals: latest.totals,
    slo: latest.slo,
  }
}

/** Not begun: it waits for drivers, or for its trigger. */
export const isWaiting = (state: RunPhase): boolean =>
  state === 'queued' || state === 'configuring' || state === 'ready'

/** Its load still comes or may come again. */
export const isSteerable = (state: RunPhase): boolean => state === 'running' || state === 'paused'

/** What both say was done to the load, each command once, in order. */
export const mergeSteering = (
  known: readonly SteeringRecord[],
  more: readonly SteeringRecord[],
): readonly SteeringRecord[] => {
  const keys = new Set(known.map(keyOf))
  const fresh = more.filter((record) => !keys.has(keyOf(record)))
  return fresh.length === 0 ? known : [...known, ...fresh].sort((a, b) => a.atMs - b.atMs)
}

const keyOf = ({ atMs, command, scale, by }: SteeringRecord): string =>
  JSON.stringify([atMs, command, scale, by])

/** What the load is multiplied by now. */
export const scaleOf = (steering: readonly SteeringRecord[]): number =>
  steering.findLast(({ command }) => command === 'rate')?.scale ?? 1

import type { RunResult } from '../results/run-result.ts'
import type { RunUpdate } from '../results/run-update.ts'

/** What the stream says of a run that goes on, beside its result. */
export const sampleUpdate = (result: RunResult, over: Partial<RunUpdate> = {}): RunUpdate => {
  const { started, sent, answered, unsent, inFlight, errors } = result.totals
  return {
    seq: 7,
    id: result.id,
    request: '*',
    atMs: 1_770_000_000_000,
    state: result.state,
    outcome: result.outcome,
    elapsedMs: result.elapsedMs,
    askedPerSecond: 2000,
    seconds: [],
    totals: { started, sent, answered, unsent, inFlight, errors },
    drivers: result.drivers.map(({ id, state }) => ({
      id,
      state,
      sent: 1234,
      answeredPerSecond: 998,
      min: 0.8,
      mean: 2.5,
      median: 2.1,
      mode: 1.9,
      max: 84,
      p99: 17.6,
      latenessP99: 0.4,
      cpu: 0.31,
    })),
    slo: result.slo.map(({ passed, observedText }) => ({ passed, observedText })),
    steering: [],
    ...over,
  }
}

import type { RunResult, SteeringRecord } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import { partsOfSlo } from '../../results/verdict.ts'
import type { ChartsInput } from '../charts/charts-input.ts'
import type { Track, TrackView } from '../model/track.ts'
import { gapsOf } from './run-gaps.ts'
import { cutText } from './run-text.ts'

/** How much of a run that goes on is seen by default. */
export const recentSeconds = 600

/** What the charts show of a run, with the SLOs on what is shown as lines. */
export const chartsInputOf = (
  result: RunResult,
  latest: RunUpdate | undefined,
  track: Track,
  steering: readonly SteeringRecord[],
  view: TrackView,
  request: string,
): ChartsInput => {
  const last = track.seconds[track.length - 1]
  const to = last === undefined ? 1 : last + track.step
  const from = view === 'whole' ? 0 : Math.max(0, to - recentSeconds)
  const slos = result.scenario.slo.map((slo, i) => ({ slo, judged: result.slo[i] }))
  return {
    track,
    isClosed: result.scenario.load.kind === 'avalanche',
    from,
    to,
    steering,
    gaps: gapsOf(result, latest),
    limits: slos.flatMap(({ slo, judged }) => {
      const isOfShown = slo.of === undefined ? request === '*' : slo.of === request
      if (!isOfShown || slo.subject.kind !== 'time' || slo.subject.time !== 'response') return []
      return [{ ms: slo.threshold, label: cutText(slo.text, 60), isBroken: judged?.passed === false }]
    }),
    broken: result.slo.flatMap(({ text, brokenAtSecond }) =>
      brokenAtSecond === null
        ? []
        : [{ second: brokenAtSecond, label: `${cutText(partsOfSlo({ text }).subject, 40)} crossed` }],
    ),
  }
}

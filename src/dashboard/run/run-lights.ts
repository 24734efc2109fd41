import type { DriverPhase, RunResult } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import { formatCount, formatPosition, formatShare, formatSpan } from '../../results/summary-text-figures.ts'
import { partsOfSlo } from '../../results/verdict.ts'
import { runNow, type Tone } from './run-now.ts'
import { cutText, nameText, sentenceText } from './run-text.ts'

/** An SLO, or a driver that is missing: whether all is well, at one look. */
export interface LightView {
  key: string
  tone: Tone
  /** Said beside the shape: `met`, `crossed`. */
  word: string
  text: string
}

const maxDrivers = 3

export const lightsOf = (result: RunResult, latest: RunUpdate | undefined): LightView[] => {
  const { slo } = runNow(result, latest)
  const slos = result.slo.map((told, i): LightView => {
    const { passed, observedText } = slo[i] ?? told
    const { subject, limit, verb } = partsOfSlo(told)
    const observed = cutText(observedText, 40)
    const compared = limit === '' ? observed : `${observed} of ${cutText(limit, 80)} ${verb}`
    const since =
      told.brokenAtSecond === null ? '' : `, first crossed at ${formatPosition(told.brokenAtSecond * 1000)}`
    return {
      key: `slo ${i}`,
      ...(passed === null
        ? ({ tone: 'idle', word: 'not judged' } as const)
        : passed
          ? ({ tone: 'good', word: 'met' } as const)
          : ({ tone: 'bad', word: 'crossed' } as const)),
      text: `${cutText(subject, 80)} ${compared}${since}`,
    }
  })
  return [...slos, ...driverLights(result, latest)]
}

const troubles: Partial<Record<DriverPhase, string>> = {
  lost: 'lost',
  rejected: 'refused',
  left: 'left',
}

const driverLights = (result: RunResult, latest: RunUpdate | undefined): LightView[] => {
  const states = new Map(latest?.drivers.map(({ id, state }) => [id, state]))
  const troubled = result.drivers.flatMap((driver): LightView[] => {
    const word = troubles[states.get(driver.id) ?? driver.state] ?? troubles[driver.state]
    if (word === undefined) return []
    const gap = result.gaps.find((one) => one.driver === driver.id)
    const missing =
      gap === undefined || gap.share === 0 ? '' : `, ${formatShare(gap.share)} of the load is missing`
    const since = gap === undefined ? '' : ` since ${formatSpan(gap)[0]}${missing}`
    const reason = driver.reason === '' ? '' : `: ${sentenceText(driver.reason)}`
    return [
      {
        key: `driver ${driver.id}`,
        tone: 'bad',
        word,
        text: `driver ${nameText(driver.id, 60)}${since}${reason}`,
      },
    ]
  })
  const more = troubled.length - maxDrivers
  if (more <= 0) return troubled
  return [
    ...troubled.slice(0, maxDrivers),
    { key: 'more', tone: 'bad', word: 'missing', text: `${formatCount(more)} more drivers` },
  ]
}

import type { RunResult } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import { formatCount, formatPosition } from '../../results/summary-text-figures.ts'
import { isUnmeasured } from '../../results/told-totals.ts'
import { verdictOf } from '../../results/verdict.ts'
import type { Link } from '../model/run-model.ts'
import { isWaiting, type Light, type RunNow, runNow, type Tone } from './run-now.ts'
import { clockText, counted, nameText, ordinal, sentenceText } from './run-text.ts'

/** The first line of a run's page, as text. */
export interface HeaderView {
  name: string
  id: string
  state: Light
  /** `2:14 of 5:00`; of a run that waits what it waits for. */
  progress: string
  link: Light
  /** Of a run that is over. */
  verdict: { tone: Tone; sentence: string; more: string[] } | null
  title: string
}

export const headerOf = (
  result: RunResult,
  latest: RunUpdate | undefined,
  link: Link,
  queuePosition: number | null,
): HeaderView => {
  const now = runNow(result, latest)
  const name = nameText(result.name)
  const state = stateLight(result, now, queuePosition)
  return {
    name,
    id: nameText(result.id, 100),
    state,
    progress: isWaiting(now.state) ? waitingSentence(result, latest, now) : progressText(result, now),
    link: linkLight(link),
    verdict: result.state === 'finished' ? verdictView(result) : null,
    title: `${name}, ${isWaiting(now.state) || now.state === 'finished' ? state.word : `${state.word} ${formatPosition(now.elapsedMs)}`}`,
  }
}

const stateLight = (result: RunResult, now: RunNow, queuePosition: number | null): Light => {
  switch (now.state) {
    case 'queued':
      return {
        tone: 'idle',
        word: queuePosition === null ? 'queued' : `queued, ${ordinal(queuePosition)} in line`,
      }
    case 'configuring':
    case 'ready':
    case 'running':
    case 'finishing':
      return { tone: 'busy', word: now.state }
    case 'paused':
      return { tone: 'caution', word: 'paused' }
    case 'finished': {
      const outcome = now.outcome ?? result.outcome
      if (outcome === null)
        return { tone: 'bad', word: result.error === null ? 'ended without an outcome' : 'could not run' }
      if (outcome === 'passed') return { tone: 'good', word: outcome }
      return { tone: outcome === 'stopped' ? 'caution' : 'bad', word: outcome }
    }
  }
}

const waitingSentence = ({ plan, drivers }: RunResult, latest: RunUpdate | undefined, { state }: RunNow) => {
  const known = latest === undefined || latest.drivers.length === 0 ? drivers : latest.drivers
  const ready = known.filter((driver) => driver.state === 'ready' || driver.state === 'running').length
  if (state === 'queued') return `waits for ${counted(plan.drivers, 'free driver')}`
  const count = `${formatCount(ready)} of ${counted(Math.max(plan.drivers, known.length), 'driver')} ready`
  return state === 'ready' ? `${count}; it starts when you trigger it` : count
}

const progressText = ({ plan }: RunResult, { state, elapsedMs, totals }: RunNow): string => {
  const elapsed = formatPosition(elapsedMs)
  if (state === 'finished') return `after ${elapsed}`
  if (plan.durationMs !== null)
    return elapsedMs <= plan.durationMs
      ? `${elapsed} of ${formatPosition(plan.durationMs)}`
      : `${elapsed}, ${formatPosition(plan.durationMs)} planned`
  if (plan.operations === null) return elapsed
  return `${elapsed}, ${formatCount(totals.started)} of ${counted(plan.operations, 'operation')}`
}

/** What a reader wants to know of a run that is over, and of one that never began. */
const verdictView = (result: RunResult): NonNullable<HeaderView['verdict']> => {
  const { tone, sentence } = verdictOf(result)
  // SLOs that were crossed are lights already; `broken` is what older records say.
  const more = result.why.filter(
    (why) => !sentence.includes(why.replace(/[.!?]$/, '')) && !/^SLO (?:crossed|broken): /.test(why),
  )
  if (result.error !== null) more.push(`${result.error.code}: ${result.error.hint}`)
  if (isUnmeasured(result) && result.outcome !== null)
    more.push('Only drivers written by others took part. What they do not say is unknown, not 0.')
  return { tone, sentence: sentenceText(sentence), more: more.slice(0, 8).map(sentenceText) }
}

export const linkLight = (link: Link): Light => {
  switch (link.kind) {
    case 'opening':
      return { tone: 'idle', word: 'opening' }
    case 'live':
      return { tone: 'good', word: 'live' }
    case 'stale':
      return { tone: 'caution', word: staleSentence(link) }
    case 'ended':
      return { tone: 'idle', word: 'ended' }
    case 'failed':
      return { tone: 'bad', word: 'not there' }
  }
}

export const staleSentence = ({ sinceMs, why }: Extract<Link, { kind: 'stale' }>): string =>
  `stale since ${clockText(sinceMs)}, trying again: ${sentenceText(why)}`

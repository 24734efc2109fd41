import type { DriverProgress } from '../orchestrator/driver-progress.ts'
import { foreignFaultsOf } from '../orchestrator/foreign-load.ts'
import { awaitedOf, type ForeignProgress } from '../orchestrator/foreign-progress.ts'
import { isStopping, type RunState } from '../orchestrator/run-state.ts'

type ForeignDriver = DriverProgress & { foreign: ForeignProgress }

/**
 * What a reader must know of the drivers written by others in a run, a sentence each: what their figures are worth, and
 * what is not known. First what was to be said when the drivers were chosen.
 */
export const foreignWarningsOf = (state: RunState): string[] => {
  const foreign = foreignDriversOf(state)
  return foreign.length === 0 ? [...state.notes] : [...state.notes, ...sentencesOn(foreign, state)]
}

function* sentencesOn(foreign: readonly ForeignDriver[], state: RunState): Generator<string> {
  const of = state.drivers.size
  yield foreign.length === of
    ? `${counted(of, 'driver was', 'drivers were all')} written by others: nothing is measured but what they say, their target is unknown, and no SLO or check is judged.`
    : `${foreign.length} of ${of} drivers were written by others: the run's totals, percentiles, SLOs and timeline are those of the other ${of - foreign.length}, and their target is unknown.`

  const wordless = foreign.filter(({ foreign: { said } }) => said.sent === null || said.completed === null)
  if (wordless.length > 0 && state.startAtMs !== null)
    yield `How many requests were sent or answered is not known of ${named(wordless)}.`

  const assumed = foreign.filter((driver) => driver.foreign.assumedFinished)
  if (assumed.length > 0)
    yield `${capital(named(assumed))} never said that the end was reached and ${assumed.length === 1 ? 'is' : 'are'} assumed to have finished: the figures stopped changing${describeAwaited(assumed, state)}.`

  const late = foreign.filter((driver) => driver.foreign.joinedLate)
  const faults = late.length === 0 ? [] : foreignFaultsOf(state.scenario)
  if (late.length > 0)
    yield `${capital(named(late))} joined after the drivers had been chosen: that load comes on top of what was asked${faults.length === 0 ? '' : `, and is another one (${faults.join('; ')})`}.`

  const fellBack = foreign.filter((driver) => driver.foreign.fellBack)
  if (fellBack.length > 0)
    yield `The figures of ${named(fellBack)} became less during the run: a driver started over, or does not count from the start.`

  const goingOn = foreign.filter(({ phase }) => phase === 'running')
  if (isStopping(state) && goingOn.length > 0)
    yield `${capital(named(goingOn))} cannot be stopped and ${goingOn.length === 1 ? 'goes' : 'go'} on to the count asked for.`
  if (state.controls.some(({ command }) => command !== 'stop'))
    yield 'Pauses and changes of rate do not reach drivers written by others.'
}

const foreignDriversOf = (state: RunState): ForeignDriver[] =>
  [...state.drivers.values()].flatMap((driver) =>
    driver.foreign === null ? [] : [{ ...driver, foreign: driver.foreign }],
  )

const describeAwaited = (drivers: readonly ForeignDriver[], { scenario }: RunState): string => {
  const short = drivers.flatMap(({ id, foreign: { said } }) => {
    const awaited = awaitedOf(said, scenario)
    return awaited === null || awaited === 0 ? [] : [`${id} ${count(awaited)}`]
  })
  return short.length === 0 ? '' : `, short of requests without a known outcome: ${list(short)}`
}

const maxNamed = 5

const named = (drivers: readonly DriverProgress[]): string =>
  `${drivers.length === 1 ? 'driver' : 'drivers'} ${list(drivers.map(({ id }) => id))}`

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const list = (texts: readonly string[]): string =>
  texts.slice(0, maxNamed).join(', ') +
  (texts.length > maxNamed ? ` and ${texts.length - maxNamed} more` : '')

const count = (n: number): string => n.toLocaleString('en-US')

const counted = (n: number, one: string, many: string): string =>
  n === 1 ? `The one ${one}` : `The ${n} ${many}`

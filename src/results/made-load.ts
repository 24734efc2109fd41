import type { DriverProgress } from '../orchestrator/driver-progress.ts'
import { isSharedByCount } from '../orchestrator/foreign-load.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import type { RunState } from '../orchestrator/run-state.ts'
import type { LoadPlan } from '../pacing/pacer.ts'

/** Operations. */
export interface MadeLoad {
  /** `null`: as many as fit. */
  planned: number | null
  /** Started, or left out because too many were in flight. */
  made: number
}

/**
 * What those drivers that measure, and stayed, were to make of the plan, and made of it. What a lost one left undone says
 * nothing of the others; it is told as a gap.
 */
export const madeLoadOf = ({ scenario, drivers }: RunState, { operations }: LoadPlan): MadeLoad => {
  const ours = [...drivers.values()].filter(({ isForeign }) => !isForeign)
  const stayed = ours.filter(({ phase }) => !awayPhases.includes(phase))
  const made = stayed.reduce((sum, driver) => {
    const { started, unsent } = overallOfSet(driver.total)
    return sum + started + (unsent.maxInFlight ?? 0)
  }, 0)
  // Of a count on each driver, those written by others carry their part; otherwise they come on top.
  const shares = isSharedByCount(scenario.load) ? scenario.drivers : Math.max(1, ours.length)
  return { planned: operations === undefined ? null : (operations * stayed.length) / shares, made }
}

const awayPhases: readonly DriverProgress['phase'][] = ['lost', 'left', 'rejected']

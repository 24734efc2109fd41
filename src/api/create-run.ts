import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../lib/errors.ts'
import type { RunResult } from '../results/run-result.ts'
import type { LoadedScenario } from '../scenario/load-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { ApiOptions } from './api-options.ts'
import type { RunDirectory } from './run-directory.ts'

export interface CreatedRun {
  result: RunResult
  /** False: it was there already, with the same scenario. */
  isNew: boolean
}

/**
 * A run of a scenario. With an id it may be asked any number of times, by a client that heard no answer: the first time makes
 * the run, the others find it. Rejects with RUN_EXISTS where the id has another scenario, QUEUE_FULL, and, with an id,
 * STORE_UNAVAILABLE: whether that was used before cannot be told then.
 */
export const createRun = async (
  { orchestrator }: Pick<ApiOptions, 'orchestrator'>,
  directory: RunDirectory,
  loaded: LoadedScenario,
  { id, hold }: { id?: string | undefined; hold?: boolean | undefined },
): Promise<CreatedRun> => {
  if (id !== undefined) {
    const result = await findSame(directory, loaded, id)
    if (result !== undefined) return { result, isNew: false }
  }
  const { scenario, record, assets } = loaded
  try {
    const run = orchestrator.submit({
      scenario,
      record,
      assets,
      ...(id === undefined ? {} : { id }),
      ...(hold === undefined ? {} : { hold }),
    })
    directory.observe()
    return { result: directory.resultOf(run), isNew: true }
  } catch (error) {
    // Somebody else was as quick.
    if (id === undefined || !(error instanceof AppError) || error.code !== 'RUN_EXISTS') throw error
    const result = await findSame(directory, loaded, id)
    if (result === undefined) throw error
    return { result, isNew: false }
  }
}

/** The run with this id, if there is one; throws RUN_EXISTS if it is of another scenario. */
const findSame = async (
  directory: RunDirectory,
  loaded: LoadedScenario,
  id: string,
): Promise<RunResult | undefined> => {
  const live = directory.liveRun(id)
  if (live !== undefined) {
    // One that an earlier life of the orchestrator began is known by its record alone.
    const asked = live.state.scenario === live.record ? loaded.record : loaded.scenario
    if (!isSame(live.state.scenario, asked, loaded)) throw existing(id)
    return directory.resultOf(live)
  }
  try {
    const result = await directory.result(id)
    // Of a run of the past only the record is known, in which secrets are masked.
    if (!isSame(result.scenario, loaded.record, loaded)) throw existing(id)
    return result
  } catch (error) {
    if (error instanceof AppError && error.code === 'RUN_UNKNOWN') return undefined
    throw error
  }
}

/** A seed that the scenario does not say was drawn anew for each. */
const isSame = (known: Scenario, asked: Scenario, { seedDrawn }: LoadedScenario): boolean =>
  isDeepStrictEqual(plain({ ...known, seed: 0 }), plain({ ...asked, seed: 0 })) &&
  (seedDrawn || known.seed === asked.seed)

/** As it is after a journey through a store. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const existing = (id: string): AppError =>
  new AppError('RUN_EXISTS', `There is a run ${id} already, with another scenario.`)

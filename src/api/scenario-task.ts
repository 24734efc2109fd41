import { AppError, type ErrorCode } from '../lib/errors.ts'
import type { LoadedScenario } from '../scenario/compile-scenario.ts'
import type { ScenarioFault } from '../scenario/scenario-faults.ts'

/**
 * What passes between the API and the thread that reads scenarios, as structured clones. The thread says `ready` once; then
 * each task has one answer, and the next task comes after it.
 */
export interface ScenarioTask {
  /** Of the request. */
  body: Uint8Array
  type: 'json' | 'yaml'
  /** Whether the body may say `id` and `hold` as well. */
  makesRun: boolean
  /** For a scenario that has none. */
  seed: number
  /** Of everything but the files. */
  maxScenarioBytes: number
}

/** A scenario that was read, and what its request said beside it. */
export interface ReadScenario {
  file: string
  loaded: LoadedScenario
  id: string | undefined
  hold: boolean | undefined
}

/** An error crosses as what it is made of. */
export interface ReadRefusal {
  /** Undefined: a fault of ours. */
  code: ErrorCode | undefined
  message: string
  hint: string
  /** Of SCENARIO_INVALID. */
  invalid?: { file: string; faults: readonly ScenarioFault[]; total: number }
}

export type ScenarioAnswer = { read: ReadScenario } | { refused: ReadRefusal }

export const scenarioTooLarge = (maxBytes: number): AppError =>
  new AppError(
    'BODY_TOO_LARGE',
    `The scenario is larger than the ${maxBytes.toLocaleString('en-US')} bytes that are taken.`,
    { hint: 'Large bodies and tables belong in files of their own, sent as `assets`.' },
  )

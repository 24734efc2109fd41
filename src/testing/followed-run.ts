import { newRunState, type RunState, type SecondRow } from '../orchestrator/run-state.ts'
import type { FollowedRun } from '../results/store/kept-run.ts'
import { sampleScenario } from './sample-scenario.ts'
import { sampleSecond } from './sample-seconds.ts'

/** A run as its record sees it, whose state a test changes as it likes. */
export class ScriptedRun implements FollowedRun {
  readonly id: string
  state: RunState
  readonly #listeners = new Set<(state: RunState) => void>()

  constructor(id: string, createdAtMs = 1000) {
    this.id = id
    this.state = {
      ...newRunState(id, sampleScenario(), createdAtMs),
      phase: 'running',
      startAtMs: createdAtMs,
    }
  }

  onChange(listener: (state: RunState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  /** One more second, in which a request was answered after each of these times. */
  addSecond(...timesUs: readonly number[]): void {
    this.setSecond(this.state.seconds.length, ...timesUs)
  }

  /** As late reports change it. */
  setSecond(second: number, ...timesUs: readonly number[]): void {
    const { second: _, ...row } = sampleSecond(second, ...timesUs)
    const seconds: SecondRow[] = [...this.state.seconds]
    seconds[second] = row
    this.#change({ ...this.state, seconds })
  }

  finish(atMs = 60_000): void {
    this.#change({ ...this.state, phase: 'finished', finishedAtMs: atMs })
  }

  #change(state: RunState): void {
    this.state = state
    for (const listener of [...this.#listeners]) listener(state)
  }
}

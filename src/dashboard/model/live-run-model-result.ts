import type { RunResult } from '../../results/run-result.ts'
import type { ApiClient, ApiProblem } from '../api-client.ts'
import type { PageClock } from '../page.ts'
import { type Load, loadUntilThere } from './live-run-model-load.ts'

export interface FinalResult {
  onValue(): void
  onRefused(problem: ApiProblem): void
}

/** While the run goes on its result is asked for with each update, about once a second; a large one less often. */
const everyMs = 800
const largeEveryMs = 5000

/** Requests and drivers in a result of some 60 kB. */
const largeRows = 40

/** A run's result, as it was last fetched: one request at a time. */
export class FetchedResult {
  readonly #options: { api: Pick<ApiClient, 'get'>; clock: PageClock; id: string; onChange: () => void }
  #value: RunResult | undefined
  #load: Load | undefined
  /** What is under way may be from before something happened. */
  #isOld = false
  #isAnswered = false
  #askedMs = Number.NEGATIVE_INFINITY

  constructor(options: { api: Pick<ApiClient, 'get'>; clock: PageClock; id: string; onChange: () => void }) {
    this.#options = options
    this.load()
  }

  get value(): RunResult | undefined {
    return this.#value
  }

  /** Whether it is known if there is such a run. */
  get isAnswered(): boolean {
    return this.#isAnswered
  }

  get isDue(): boolean {
    const { requests = [], drivers = [] } = this.#value ?? {}
    const isLarge = requests.length + drivers.length > largeRows
    return this.#options.clock.nowMs() - this.#askedMs >= (isLarge ? largeEveryMs : everyMs)
  }

  load(): void {
    if (this.#load === undefined) this.#fetch()
    else this.#isOld = true
  }

  /** Whatever is under way: it is from before the end. */
  loadFinal(final: FinalResult): void {
    this.#load?.cancel()
    this.#fetch(final)
  }

  close(): void {
    this.#load?.cancel()
  }

  #fetch(final?: FinalResult): void {
    const { clock, id, onChange } = this.#options
    this.#isOld = false
    this.#askedMs = clock.nowMs()
    const done = (): void => {
      this.#load = undefined
      this.#isAnswered = true
      if (this.#isOld) this.#fetch()
    }
    this.#load = loadUntilThere<RunResult>(
      this.#options,
      `/api/runs/${encodeURIComponent(id)}`,
      (result) => {
        this.#value = result
        done()
        final?.onValue()
        onChange()
      },
      (problem) => {
        done()
        final?.onRefused(problem)
        onChange()
      },
    )
  }
}

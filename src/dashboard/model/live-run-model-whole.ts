import type { TimelineRowWithColumns } from '../../results/timeline.ts'
import type { ApiClient } from '../api-client.ts'
import type { PageClock } from '../page.ts'
import { type Load, loadUntilThere, timelinePath } from './live-run-model-load.ts'
import { GrowingTrack } from './track-growing.ts'
import { trackRowOf, wholeRowsOf } from './track-row.ts'
import { wholeStepOf } from './track-step.ts'

/**
 * All of a long run in steps that the orchestrator has added up: fetched once, then each group when it is complete, and
 * only while somebody asks for it. A run that outgrows its step is fetched once more in the next.
 */
export class WholeRun {
  readonly #options: { api: Pick<ApiClient, 'get'>; clock: PageClock; id: string; onChange: () => void }
  readonly #request: string
  #track: GrowingTrack | undefined
  #load: Load | undefined
  /** The second up to which it is here. */
  #loadedTo = 0
  /** Was reported late, or may have been: from here on it is to be fetched again. */
  #dirtyFrom = Number.POSITIVE_INFINITY

  constructor(
    options: { api: Pick<ApiClient, 'get'>; clock: PageClock; id: string; onChange: () => void },
    request: string,
  ) {
    this.#options = options
    this.#request = request
  }

  /** What is here; of a run of `seconds` so far more may be on its way. */
  ask(seconds: number, isOver: boolean): GrowingTrack | undefined {
    const step = wholeStepOf(seconds)
    const to = isOver ? seconds : Math.floor(seconds / step) * step
    const isOther = this.#track?.step !== step
    const from = isOther ? 0 : Math.floor(Math.min(this.#dirtyFrom, this.#loadedTo) / step) * step
    if (this.#load === undefined && step > 1 && from < to && (isOther || this.#hasNews(to)))
      this.#fetch({ step, from, to })
    return this.#track
  }

  /** A second was told (again). */
  told(second: number): void {
    if (second < this.#loadedTo || this.#load !== undefined)
      this.#dirtyFrom = Math.min(this.#dirtyFrom, second)
  }

  close(): void {
    this.#load?.cancel()
  }

  #hasNews(to: number): boolean {
    return this.#loadedTo < to || this.#dirtyFrom < this.#loadedTo
  }

  #fetch({ step, from, to }: { step: number; from: number; to: number }): void {
    const { id, onChange } = this.#options
    this.#dirtyFrom = Number.POSITIVE_INFINITY
    this.#load = loadUntilThere<TimelineRowWithColumns[]>(
      this.#options,
      timelinePath(id, { request: this.#request, step, from, to }),
      (rows) => {
        this.#load = undefined
        const track = this.#track?.step === step ? this.#track : new GrowingTrack(step, 0)
        for (const row of wholeRowsOf(rows))
          track.put(row.second / step, trackRowOf(row, this.#request, Math.min(step, to - row.second)))
        track.extend(Math.ceil(to / step))
        this.#track = track
        this.#loadedTo = to
        onChange()
      },
    )
  }
}

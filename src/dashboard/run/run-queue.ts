import type { RunList } from '../../api/answer-schemas.ts'
import type { ApiClient } from '../api-client.ts'
import type { PageClock } from '../page.ts'

const askEveryMs = 5000

/** Its place among the runs that wait, from 1; `null`: it is not there. `runs`: newest first. */
export const queuePositionOf = (
  runs: readonly Pick<RunList['runs'][number], 'id' | 'state'>[],
  id: string,
): number | null => {
  const waiting = runs.filter(({ state }) => state === 'queued').map((run) => run.id)
  const index = waiting.indexOf(id)
  return index === -1 ? null : waiting.length - index
}

/** Asks now and then how many runs wait before this one. */
export class QueueWatch {
  readonly #options: { api: ApiClient; clock: PageClock; id: string; onChange: () => void }
  readonly #aborter = new AbortController()
  #askedMs = Number.NEGATIVE_INFINITY
  #position: number | null = null

  constructor(options: { api: ApiClient; clock: PageClock; id: string; onChange: () => void }) {
    this.#options = options
  }

  get position(): number | null {
    return this.#position
  }

  /** To be called as long as the run waits. */
  ask(): void {
    const { api, clock, id, onChange } = this.#options
    if (clock.nowMs() - this.#askedMs < askEveryMs) return
    this.#askedMs = clock.nowMs()
    api.get<RunList>('/api/runs?limit=500', this.#aborter.signal).then(
      ({ runs }) => {
        this.#position = queuePositionOf(runs, id)
        onChange()
      },
      () => {
        // The page says by itself when nobody answers.
      },
    )
  }

  close(): void {
    this.#aborter.abort()
  }
}

import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { PageClock } from '../page.ts'

/** Something that is being fetched until it is there. */
export interface Load {
  cancel(): void
}

const firstDelayMs = 500
const longestDelayMs = 5000

/**
 * Gets `path` and tries again until it comes: after 0.5, 1, 2, 4, 5, 5 ... s. What the client has no right to, or what does
 * not exist, is told instead and not asked for again.
 */
export const loadUntilThere = <T>(
  { api, clock }: { api: Pick<ApiClient, 'get'>; clock: PageClock },
  path: string,
  onValue: (value: T) => void,
  onRefused: (problem: ApiProblem) => void = () => {},
): Load => {
  const controller = new AbortController()
  let timer = { cancel: () => {} }
  let delayMs = firstDelayMs
  const failed = (error: unknown): void => {
    if (error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429)
      onRefused(error)
    else {
      timer = clock.after(delayMs, ask)
      delayMs = Math.min(longestDelayMs, delayMs * 2)
    }
  }
  const ask = (): void => {
    api.get<T>(path, controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) onValue(value)
      },
      (error: unknown) => {
        if (!controller.signal.aborted) failed(error)
      },
    )
  }
  ask()
  return {
    cancel: () => {
      controller.abort()
      timer.cancel()
    },
  }
}

/** Rows of a run's timeline with columns; `to` is the second behind the last. */
export const timelinePath = (
  id: string,
  { request, step, from, to }: { request: string; step: number; from: number; to?: number },
): string =>
  `/api/runs/${encodeURIComponent(id)}/timeline?columns=true&step=${step}&request=${encodeURIComponent(request)}&from=${from}${to === undefined ? '' : `&to=${to}`}`

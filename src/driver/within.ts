import type { Clock } from '../lib/clock.ts'

/** Whether the work was done in time; it goes on in any case. Never rejects: work that failed is done. */
export const within = async (clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = clock.after(limitMs, () => resolve(false))
  const end = (): void => resolve(true)
  work.then(end, end)
  const isDone = await promise
  timer.cancel()
  return isDone
}

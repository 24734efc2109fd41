/**
 * The view's own pause (WCAG 2.2.2), not the run's: what is shown stays while the model goes on, so nothing is lost, and
 * commands and alerts still come.
 *
 *   state   toggle                    choose another request or view
 *   live    held, from this instant   –
 *   held    live: catches up          live: what is asked for is not what is held
 */
export interface Hold {
  /** Of the run, at that moment. */
  readonly elapsedMs: number
}

export const toggleHold = (hold: Hold | undefined, elapsedMs: number): Hold | undefined =>
  hold === undefined ? { elapsedMs } : undefined

/** `Held: 12 s behind`; empty while nothing is held. */
export const holdText = (hold: Hold | undefined, elapsedMs: number): string =>
  hold === undefined ? '' : `Held: ${Math.max(0, Math.round((elapsedMs - hold.elapsedMs) / 1000))} s behind`

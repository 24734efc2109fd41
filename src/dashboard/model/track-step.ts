/** As wide as the widest plot; more rows could not be told apart. */
export const maxWholeRows = 1200

/** An hour is the longest step that the API adds up. */
const steps = [1, 2, 5, 10, 15, 30, 60, 300, 600, 1800, 3600] as const

/** The shortest step that shows so many seconds in at most {@link maxWholeRows} rows. */
export const wholeStepOf = (seconds: number): number =>
  steps.find((step) => Math.ceil(seconds / step) <= maxWholeRows) ?? 3600

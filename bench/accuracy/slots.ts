export const slotMs = 100

/** What `arrival-server.ts` tells its parent first. */
export interface ArrivalServerUp {
  url: string
}

/** Requests in each {@link slotMs} since the first one. */
export interface ArrivalSlots {
  slots: number[]
}

/** How close arrivals came to an even plan. */
export interface SlotShare {
  slots: number
  /** Of these slots, how many are within the margin of what the plan has in such a time. */
  within: number
}

/** The last slot is left out: the plan ends somewhere in it. */
export const compareWithPlan = (counts: readonly number[], planned: number, margin: number): SlotShare => {
  const whole = counts.slice(0, -1)
  const within = whole.filter((count) => Math.abs(count - planned) <= planned * margin).length
  return { slots: whole.length, within }
}

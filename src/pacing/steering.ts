/**
 * What was done to a run's load while it ran: plain JSON, in the run's elapsed time, ordered by `atMs`. The list is all
 * that a pacer needs to know about the past, so a run is replayed by handing it the same list.
 */
export interface Steering {
  /** Since the start instant, pauses included. */
  atMs: number
  /**
   * `pause`: the load's own clock stands still, so its end moves out. `resume`: it goes on. `rate`: from now on the load
   * is `scale` times the scenario's own (not times the last scale); while paused it holds from the resume on.
   */
  command: 'pause' | 'resume' | 'rate'
  /** Of `rate`; above 0. An event with another value changes nothing: a load of nothing is a pause. */
  scale?: number
}

/** A stretch of the run in which the load's clock runs and the scale stays. Between two of them the load is paused. */
export interface Stretch {
  /** Run time, half open: [start, end). The last one ends at Infinity unless the load is paused now. */
  startMs: number
  endMs: number
  /** What the load's own clock shows at `startMs`. */
  loadStartMs: number
  scale: number
}

/** The stretches of a steered run, at least one, in order; some may be empty. */
export const stretchesOf = (steering: readonly Steering[]): [Stretch, ...Stretch[]] => {
  const first: Stretch = { startMs: 0, endMs: Number.POSITIVE_INFINITY, loadStartMs: 0, scale: 1 }
  const stretches: [Stretch, ...Stretch[]] = [first]
  let current = first
  let scale = 1
  let nowMs = 0
  const begin = () => {
    const loadStartMs = current.loadStartMs + (current.endMs - current.startMs)
    current = { startMs: nowMs, endMs: Number.POSITIVE_INFINITY, loadStartMs, scale }
    stretches.push(current)
  }
  for (const event of steering) {
    nowMs = Math.max(nowMs, event.atMs)
    const paused = isPaused(stretches)
    if (event.command === 'pause' && !paused) current.endMs = nowMs
    if (event.command === 'resume' && paused) begin()
    if (event.command === 'rate' && isScale(event.scale)) {
      scale = event.scale
      if (paused) continue
      current.endMs = nowMs
      begin()
    }
  }
  return stretches
}

/** The load's own clock at a time of the run. */
export const loadTimeAt = (stretches: readonly [Stretch, ...Stretch[]], elapsedMs: number): number => {
  const { startMs, endMs, loadStartMs } = stretchAt(stretches, elapsedMs)
  return loadStartMs + Math.max(0, Math.min(elapsedMs, endMs) - startMs)
}

/** The scale at a time of the run; 0 while paused. */
export const scaleAt = (stretches: readonly [Stretch, ...Stretch[]], elapsedMs: number): number => {
  const { endMs, scale } = stretchAt(stretches, elapsedMs)
  return elapsedMs < endMs ? scale : 0
}

/** When the load's own clock shows `loadMs`, with the pauses so far; one that still lasts counts as over. */
export const runTimeAt = (stretches: readonly [Stretch, ...Stretch[]], loadMs: number): number => {
  for (const { startMs, endMs, loadStartMs } of stretches) {
    const atMs = Math.max(startMs, startMs + (loadMs - loadStartMs))
    if (atMs <= endMs) return atMs
  }
  const { startMs, loadStartMs } = stretches.at(-1) ?? stretches[0]
  return startMs + (loadMs - loadStartMs)
}

/** Whether the list ends in a pause. */
export const isPaused = (stretches: readonly [Stretch, ...Stretch[]]): boolean =>
  (stretches.at(-1) ?? stretches[0]).endMs !== Number.POSITIVE_INFINITY

const isScale = (scale: number | undefined): scale is number =>
  scale !== undefined && scale > 0 && Number.isFinite(scale)

/** The last stretch that has begun. */
const stretchAt = (stretches: readonly [Stretch, ...Stretch[]], elapsedMs: number): Stretch => {
  for (let i = stretches.length - 1; i > 0; i--) {
    const stretch = stretches[i]
    if (stretch !== undefined && stretch.startMs <= elapsedMs) return stretch
  }
  return stretches[0]
}

import type { Gap, RunResult } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import { runNow } from './run-now.ts'

/**
 * Load that is missing, up to this moment: whoever is gone stays gone, and the stream is ahead of the record that tells how
 * far the gap has come.
 */
export const gapsOf = (result: RunResult, latest: RunUpdate | undefined): readonly Gap[] => {
  if (result.state === 'finished' || result.gaps.length === 0) return result.gaps
  const nowS = runNow(result, latest).elapsedMs / 1000
  return result.gaps.map((gap) => (gap.to >= nowS ? gap : { ...gap, to: nowS }))
}

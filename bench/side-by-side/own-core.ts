import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { findDrivers, readTree } from './process-tree.ts'

const pollMs = 10

/**
 * Gives the driver of a `groundswell run` that just started the last core of this machine, and the others of its processes
 * the rest: left to itself, the scheduler puts the driver behind the target that wakes it. Resolves when that is done;
 * false where there is but one core, or the run ended first.
 */
export const giveDriverOwnCore = async (root: number): Promise<boolean> => {
  const last = availableParallelism() - 1
  if (last === 0) return false
  for (;;) {
    const tree = readTree(root)
    if (tree.length === 0) return false
    const [driver] = findDrivers(root)
    if (driver !== undefined) {
      for (const { pid } of tree) pin(pid, pid === driver ? String(last) : `0-${last - 1}`)
      return true
    }
    await sleep(pollMs)
  }
}

/** All threads; those that it starts later follow. */
const pin = (pid: number, cores: string): void => {
  try {
    execFileSync('taskset', ['-acp', cores, String(pid)], { stdio: 'ignore' })
  } catch {
    // It ended in between.
  }
}

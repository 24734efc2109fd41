import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU time of a process's threads by their names, from the scheduler (`/proc/PID/task/TID/schedstat`, Linux): nanoseconds,
 * where `/proc/PID/stat` has ticks of 10 ms in which short turns of work are not seen. Threads that ended are missing.
 */
export type ThreadTimes = ReadonlyMap<string, number>

export const readThreadTimes = (pid: number): ThreadTimes => {
  const times = new Map<string, number>()
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      const task = `/proc/${pid}/task/${tid}`
      const name = readFileSync(`${task}/comm`, 'utf8').trim()
      const cpuMs = Number(readFileSync(`${task}/schedstat`, 'latin1').split(' ')[0]) / 1e6
      times.set(name, (times.get(name) ?? 0) + cpuMs)
    } catch {
      // It ended meanwhile.
    }
  }
  return times
}

/** By name what the threads used between two readings, milliseconds, the most first. */
export const timesBetween = (from: ThreadTimes, to: ThreadTimes): [name: string, cpuMs: number][] =>
  [...to]
    .map(([name, cpuMs]): [string, number] => [name, cpuMs - (from.get(name) ?? 0)])
    .sort(([, a], [, b]) => b - a)

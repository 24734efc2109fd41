import { readdirSync, readFileSync } from 'node:fs'

/*
 * CPU of processes as the operating system accounts for it: user and system time of /proc/PID/stat (Linux), in ticks of
 * 10 ms, all threads together, also those that have ended.
 */
const ticksPerSecond = 100

export interface ProcessTimes {
  pid: number
  parent: number
  /** User and system time of the process and of the children it has waited for, microseconds. */
  cpuUs: number
}

/** A process that is gone: `undefined`. */
export const readProcess = (pid: number): ProcessTimes | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name stands in parentheses and may hold any character; after it come only numbers but for the state.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const number = (i: number): number => Number(fields[i])
    const ticks = number(11) + number(12) + number(13) + number(14)
    return { pid, parent: number(1), cpuUs: (ticks * 1e6) / ticksPerSecond }
  } catch {
    return undefined
  }
}

/** A process and all that descend from it, now. */
export const readTree = (root: number): ProcessTimes[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? [])
  const tree = all.filter(({ pid }) => pid === root)
  for (const member of tree) tree.push(...all.filter(({ parent }) => parent === member.pid))
  return tree
}

export const treeCpuUs = (root: number): number => readTree(root).reduce((sum, { cpuUs }) => sum + cpuUs, 0)

export const commandLine = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** The driver processes of a `groundswell run` that is process `root` or a descendant of it. */
export const findDrivers = (root: number): number[] =>
  readTree(root)
    .map(({ pid }) => pid)
    .filter((pid) => {
      const args = commandLine(pid)
      return args.includes('driver') && args.includes('--link')
    })

/** Resident memory now, KiB; 0 for a process that is gone. */
export const residentKiB = (pid: number): number => {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

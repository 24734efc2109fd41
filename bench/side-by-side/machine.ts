import { availableParallelism, cpus, release, totalmem } from 'node:os'

/** What a baseline was measured on. */
export interface Machine {
  cores: number
  cpu: string
  memoryGiB: number
  kernel: string
  node: string
}

export const describeMachine = (): Machine => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
})

/** Time that all cores together spent working, in milliseconds since the boot. */
export const busyCoreMs = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)

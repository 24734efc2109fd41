import { createWarmHttpWorkload } from './http/warm-up.ts'

/** Every workload there is, by the scenario's key that asks for it. */
export const workloads = {
  http: createWarmHttpWorkload,
} as const

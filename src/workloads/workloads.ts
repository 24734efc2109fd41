import { createHttpWorkload } from './http/http-workload.ts'

/** Every workload there is, by the scenario's key that asks for it. */
export const workloads = {
  http: createHttpWorkload,
} as const

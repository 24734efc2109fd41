import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { version } from '../lib/version.ts'
import type { ReportEnvironment } from '../results/html/report-input.ts'

/** Of a run that is conducted by this process. */
export const environmentHere = (): ReportEnvironment => {
  const model = cpus()[0]?.model.trim()
  return {
    version,
    machine: {
      system: `${type()} ${release()} ${arch()}${model === undefined || model === '' ? '' : `, ${model}`}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    },
  }
}

/** Of one whose record does not say where it was conducted. */
export const environmentElsewhere: ReportEnvironment = { version, machine: null }

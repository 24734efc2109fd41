import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { version } from '../lib/version.ts'
import type { RunEnvironment } from '../results/run-result.ts'
import type { ProgramContext } from './program-context.ts'

/** Of a run that is conducted by this process. */
export const environmentHere = ({ nodeVersion }: Pick<ProgramContext, 'nodeVersion'>): RunEnvironment => {
  const model = cpus()[0]?.model.trim() ?? ''
  return {
    groundswell: version,
    node: nodeVersion,
    system: `${type()} ${release()} ${arch()}`,
    cpu: model === '' || model === 'unknown' ? null : model,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  }
}

import { isMainThread, parentPort } from 'node:worker_threads'
import { AppError } from '../lib/errors.ts'
import { ScenarioInvalid } from '../scenario/scenario-faults.ts'
import { compileSource, defaultFile } from './compile-source.ts'
import { readJson } from './read-json.ts'
import { type CreateRun, createRunSchema, sourceSchema } from './request-schemas.ts'
import { checkInput } from './route.ts'
import {
  type ReadRefusal,
  type ReadScenario,
  type ScenarioAnswer,
  type ScenarioTask,
  scenarioTooLarge,
} from './scenario-task.ts'

/** The thread of a `ScenarioReader`: from the bytes of a request to a compiled scenario. */
const answer = async (task: ScenarioTask): Promise<ScenarioAnswer> => {
  try {
    return { read: await read(task) }
  } catch (error) {
    return { refused: refusalOf(error) }
  }
}

const read = async (task: ScenarioTask): Promise<ReadScenario> => {
  const { id, hold, ...source }: CreateRun = bodyOf(task)
  const { assets: _, ...text } = source
  const sizeBytes =
    Buffer.byteLength(source.scenarioText ?? '') +
    Buffer.byteLength(JSON.stringify({ ...text, scenarioText: '' }))
  if (sizeBytes > task.maxScenarioBytes + overheadBytes) throw scenarioTooLarge(task.maxScenarioBytes)
  const loaded = await compileSource(source, () => task.seed)
  return { file: source.file ?? defaultFile, loaded, id, hold }
}

/** Keys and braces around the text. */
const overheadBytes = 100

const bodyOf = ({ body, type, makesRun }: ScenarioTask): CreateRun => {
  if (type === 'json')
    return checkInput(makesRun ? createRunSchema : sourceSchema, readJson(body), 'body') as CreateRun
  try {
    return { scenarioText: new TextDecoder('utf-8', { fatal: true }).decode(body) }
  } catch {
    throw new AppError('SCENARIO_UNREADABLE', 'The body is no UTF-8 text.')
  }
}

const refusalOf = (error: unknown): ReadRefusal => {
  if (error instanceof ScenarioInvalid) {
    const { code, message, hint, file, faults, total } = error
    return { code, message, hint, invalid: { file, faults, total } }
  }
  if (error instanceof AppError) return { code: error.code, message: error.message, hint: error.hint }
  return {
    code: undefined,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: '',
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort
  port.on('message', (task: ScenarioTask) => {
    void answer(task).then((said) => port.postMessage(said))
  })
  port.postMessage('ready')
}

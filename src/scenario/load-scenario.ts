import { basename, dirname, extname, resolve } from 'node:path'
import { AppError, messageOf } from '../lib/errors.ts'
import { readFileWithin } from './assets.ts'
import { compileScenario, type LoadedScenario, type LoadOptions, listFaults } from './compile-scenario.ts'
import { ScenarioDocument } from './scenario-document.ts'
import { readYaml } from './yaml-source.ts'

export type { LoadedScenario, LoadOptions } from './compile-scenario.ts'

/** A scenario travels in one message and is read whole into memory, several times its size. */
export const maxScenarioBytes = 4 * 2 ** 20

const tooLarge = {
  hint: 'Large bodies and tables belong in files of their own: `file:` in a request, and feeders.',
}
const moduleExtensions = new Set(['.ts', '.mts', '.js', '.mjs'])

/**
 * Reads a scenario from YAML, JSON, or a module that default-exports its data. Throws SCENARIO_UNREADABLE, or
 * ScenarioInvalid with all faults at once.
 */
export const loadScenario = async (file: string, options: LoadOptions): Promise<LoadedScenario> => {
  if (moduleExtensions.has(extname(file).toLowerCase())) {
    // Loaded only here: most scenarios are no modules.
    const { readModule } = await import('./module-source.ts')
    const { data, faults } = await readModule(file)
    return compileScenario(new ScenarioDocument(file, data), faults, defaultsOf(file), options)
  }
  return parseScenarioText(await readText(file, options), file, options)
}

const readText = async (file: string, { readFile = readFileWithin }: LoadOptions): Promise<string> => {
  let bytes: Uint8Array
  try {
    bytes = await readFile(resolve(file), maxScenarioBytes)
  } catch (thrown) {
    const message = messageOf(thrown)
    const options = message.includes('at most') ? tooLarge : {}
    throw new AppError('SCENARIO_UNREADABLE', `${file}: ${message}`, { cause: thrown, ...options })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (thrown) {
    throw new AppError('SCENARIO_UNREADABLE', `${file}: this is no UTF-8 text`, { cause: thrown })
  }
}

/**
 * The same for a text in hand; `fileName` says what messages call it and where feeders and bodies are looked for. Who
 * takes texts from others must give a `readFile` of its own: by default any file that this process may read can be named.
 */
export const parseScenarioText = async (
  text: string,
  fileName: string,
  options: LoadOptions,
): Promise<LoadedScenario> => {
  if (text.length > maxScenarioBytes)
    throw new AppError(
      'SCENARIO_UNREADABLE',
      `${fileName}: more than ${maxScenarioBytes} characters`,
      tooLarge,
    )
  const { data, faults, broken, tree } = readYaml(text)
  const document = new ScenarioDocument(fileName, data, tree)
  if (broken) throw listFaults(document, faults)
  return compileScenario(document, faults, defaultsOf(fileName), options)
}

const defaultsOf = (file: string): { name: string; directory: string } => ({
  name: basename(file, extname(file)).slice(0, 200) || 'scenario',
  directory: dirname(resolve(file)),
})

import { resolve } from 'node:path'
import { AppError } from '../lib/errors.ts'
import type { ReadFile } from '../scenario/assets.ts'
import { compileScenario, type LoadedScenario, type LoadOptions } from '../scenario/compile-scenario.ts'
import { parseScenarioText } from '../scenario/load-scenario.ts'
import { copyPlain } from '../scenario/module-source.ts'
import { ScenarioDocument } from '../scenario/scenario-document.ts'
import { ScenarioInvalid } from '../scenario/scenario-faults.ts'
import type { ScenarioSource } from './request-schemas.ts'

/** What a scenario is called that says nothing of it. */
export const defaultFile = 'scenario.yaml'

/**
 * A scenario that somebody sent. It comes from outside: it sees no file of this machine (only those sent with it) and no
 * variable of this process's environment (only those sent with it). Throws ScenarioInvalid or SCENARIO_UNREADABLE.
 * How long it takes is for others to decide: what was not written here is compiled by `ScenarioReader`, in a thread of its own.
 */
export const compileSource = async (
  source: ScenarioSource,
  drawSeed: () => number,
): Promise<LoadedScenario> => {
  const file = source.file ?? defaultFile
  const options: LoadOptions = {
    env: source.env ?? {},
    set: source.set ?? [],
    drawSeed,
    readFile: readerOf(source.assets ?? {}),
  }
  // In the root: so that no message, and no path of the scenario, tells where this process runs.
  try {
    if (source.scenarioText !== undefined)
      return await parseScenarioText(source.scenarioText, `/${file}`, options)
    const { data, faults } = copyPlain(source.scenario)
    const name = file.replace(/\.\w+$/, '') || 'scenario'
    return await compileScenario(
      new ScenarioDocument(`/${file}`, data),
      faults,
      { name, directory: '/' },
      options,
    )
  } catch (error) {
    const own = (text: string): string => (text === `/${file}` ? file : text)
    if (error instanceof ScenarioInvalid)
      throw new ScenarioInvalid(
        file,
        error.faults.map((fault) => ({ ...fault, file: own(fault.file) })),
        error.total,
      )
    if (error instanceof AppError && error.code === 'SCENARIO_UNREADABLE')
      throw new AppError(error.code, error.message.replace(`/${file}`, file), { hint: error.hint })
    throw error
  }
}

/** The only files there are. */
const readerOf = (assets: Readonly<Record<string, string>>): ReadFile => {
  const byPath = new Map(Object.entries(assets).map(([name, base64]) => [resolve('/', name), base64]))
  return async (path, maxBytes) => {
    const base64 = byPath.get(path)
    if (base64 === undefined) throw new Error('it was not sent with the scenario (`assets`)')
    if (!isBase64(base64)) throw new Error('what was sent of it is no base64')
    // A memory of its own: one from Node's pool would take its neighbours along to another thread.
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
    if (bytes.length > maxBytes) throw new Error(`more than the ${maxBytes} bytes that are read at most`)
    return bytes
  }
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)

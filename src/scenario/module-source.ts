import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AppError, messageOf } from '../lib/errors.ts'
import type { Fault, Path } from './scenario-faults.ts'

/** Scenarios as modules: TypeScript or JavaScript that default-exports plain data. */
export interface ModuleSource {
  data: unknown
  faults: Fault[]
}

const maxDepth = 64

/** Runs the module, which may therefore do anything: a scenario module is code that the user trusts. */
export const readModule = async (file: string): Promise<ModuleSource> => {
  const url = pathToFileURL(resolve(file)).href
  const hooks = registerHooks({
    // So that a scenario can import defineScenario where the package is not installed, as under npx.
    resolve: (specifier, context, next) =>
      specifier === 'groundswell' ? { url: publicModule, shortCircuit: true } : next(specifier, context),
    // So that the nearest package.json need not say "type": "module", which a user's may not.
    load: (loaded, context, next) => {
      const format = loaded === url ? formatOf(file) : undefined
      return format === undefined ? next(loaded, context) : next(loaded, { ...context, format })
    },
  })
  try {
    const module: { default?: unknown } = await import(url)
    return copyPlain(module.default)
  } catch (thrown) {
    throw new AppError('SCENARIO_UNREADABLE', `${file}${lineOf(thrown, url)}: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: 'The module must load and default-export the scenario as plain data; see scenarios/module.ts.',
    })
  } finally {
    hooks.deregister()
  }
}

/** TypeScript is always read as a module; JavaScript where it is written as one. */
const formatOf = (file: string): string | undefined => {
  if (/\.m?ts$/i.test(file)) return 'module-typescript'
  if (!/\.js$/i.test(file)) return undefined
  return /^\s*(import|export)\b/m.test(readFileSync(resolve(file), 'utf8')) ? 'module' : undefined
}

/** `:LINE` of the module, where the error's stack begins with it. */
const lineOf = (thrown: unknown, url: string): string => {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : ''
  const at = [url, fileURLToPath(url)]
    .map((place) => stack.indexOf(`${place}:`) + place.length)
    .find((end) => /^:\d+/.test(stack.slice(end)))
  return at === undefined ? '' : (/^:\d+/.exec(stack.slice(at))?.[0] ?? '')
}

const publicModule = import.meta.url.replace(/module-source\.(\w+)$/, 'define-scenario.$1')

/** A copy without what is `undefined`. What is no plain data is a fault. */
export const copyPlain = (value: unknown): ModuleSource => {
  const faults: Fault[] = []
  const refuse = (path: Path, what: string): undefined => {
    faults.push({
      path,
      message: `${what} in a scenario`,
      expected: 'plain data: maps, lists, texts, numbers, true and false',
    })
  }
  const copy = (at: unknown, path: Path): unknown => {
    if (at === null || at === undefined || typeof at === 'string' || typeof at === 'boolean') return at
    if (typeof at === 'number') return Number.isFinite(at) ? at : refuse(path, String(at))
    if (typeof at !== 'object') return refuse(path, `a ${typeof at}`)
    if (path.length > maxDepth) return refuse(path.slice(0, 3), `more than ${maxDepth} levels`)
    if (Array.isArray(at)) return at.map((item, i) => copy(item, [...path, i]) ?? null)
    const prototype: unknown = Object.getPrototypeOf(at)
    if (prototype !== Object.prototype && prototype !== null) return refuse(path, 'an object of a class')
    const entries = Object.entries(at).map(([key, inner]) => [key, copy(inner, [...path, key])] as const)
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
  }
  if (value === undefined) refuse([], 'no default export')
  return { data: copy(value, []), faults }
}

import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
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
  const hooks = registerHooks({
    // So that a scenario can import defineScenario where the package is not installed, as under npx.
    resolve: (specifier, context, next) =>
      specifier === 'groundswell' ? { url: publicModule, shortCircuit: true } : next(specifier, context),
  })
  try {
    const module: { default?: unknown } = await import(pathToFileURL(resolve(file)).href)
    return copyPlain(module.default)
  } catch (thrown) {
    throw new AppError('SCENARIO_UNREADABLE', `${file}: ${messageOf(thrown)}`, { cause: thrown })
  } finally {
    hooks.deregister()
  }
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

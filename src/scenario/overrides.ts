import { readScalar } from './interpolation.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import { type Fault, formatPath } from './scenario-faults.ts'

/**
 * `--set http.requests[0].weight=3`: a path of keys and indices, and a scalar. Maps that are not there are made; lists
 * grow by one where the index is the next, and `http: URL` becomes the map that it stands for.
 */
export const applyOverrides = (document: ScenarioDocument, settings: readonly string[]): Fault[] =>
  settings.flatMap((setting) => {
    const problem = applyOverride(document, setting)
    return problem === undefined ? [] : [problem]
  })

const example = '--set path.to.key=value, such as --set load.rate=200/s or --set http.requests[0].weight=3'

const applyOverride = (document: ScenarioDocument, setting: string): Fault | undefined => {
  const equals = setting.indexOf('=')
  const written = equals === -1 ? setting : setting.slice(0, equals)
  // Without the value, which may be a secret.
  const flag = `--set ${written}`
  const refuse = (message: string, expected: string): Fault => ({
    path: [],
    message,
    expected,
    elsewhere: flag,
  })
  const path = equals === -1 ? undefined : parsePath(written)
  if (path === undefined) return refuse('this sets nothing', example)

  if (typeof document.data !== 'object' || document.data === null) document.data = {}
  let container = document.data as Record<string | number, unknown>
  for (const [i, step] of path.entries()) {
    const parent = formatPath(path.slice(0, i)) || 'the scenario'
    if (Array.isArray(container) !== (typeof step === 'number'))
      return refuse(
        Array.isArray(container) ? `${parent} is a list` : `${parent} is no list`,
        Array.isArray(container) ? `an index: ${parent}[0]` : 'a key, not an index',
      )
    if (Array.isArray(container) && Number(step) > container.length)
      return refuse(`${parent} has ${container.length} items`, `an index up to ${container.length}`)
    if (i === path.length - 1) break
    const child = Object.hasOwn(container, step) ? container[step] : undefined
    if (child === undefined || child === null) container[step] = typeof path[i + 1] === 'number' ? [] : {}
    else if (i === 0 && step === 'http' && typeof child === 'string') container[step] = { target: child }
    else if (typeof child !== 'object')
      return refuse(`${formatPath(path.slice(0, i + 1))} is a single value`, 'the path of a map or a list')
    container = container[step] as Record<string | number, unknown>
  }
  const last = path.at(-1)
  if (last === undefined) return refuse('this sets nothing', example)
  container[last] = readScalar(setting.slice(equals + 1))
  document.markFlag(path, flag)
  return undefined
}

const stepPattern = /\.?([A-Za-z_$][\w$-]*)|\[(\d{1,6})\]|\["([^"]+)"\]/y

const parsePath = (text: string): (string | number)[] | undefined => {
  const path: (string | number)[] = []
  stepPattern.lastIndex = 0
  while (stepPattern.lastIndex < text.length) {
    const match = stepPattern.exec(text)
    if (match === null) return undefined
    const [, key, index, quoted] = match
    path.push(index === undefined ? (key ?? quoted ?? '') : Number(index))
  }
  return path.length === 0 || path.includes('__proto__') ? undefined : path
}

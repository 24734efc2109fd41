import { parse } from 'yaml'
import type { ScenarioDocument } from './scenario-document.ts'
import { cut, type Fault, type Path } from './scenario-faults.ts'

/**
 * `${NAME}`: the environment variable. `${NAME:-default}`: the same, or the default where it is unset or empty. `$${`:
 * a literal `${`. Done on the scalars of the parsed file, so that a value can never become a key or a list.
 */
export type Environment = Readonly<Record<string, string | undefined>>

const pattern = /\$\$\{|\$\{([^}]*)(\}?)/g
const reference = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

/** What all references of a document may become, in characters: a few of a large value cannot become gigabytes. */
const maxResolvedLength = 4 * 2 ** 20

interface Interpolated {
  text: string
  /** A variable was read, or its default taken. */
  used: boolean
  /** The variables that were read. */
  values: Record<string, string>
  problems: { message: string; expected: string }[]
}

/** `room`: what may still be taken from the environment, counted down. */
export const interpolate = (
  source: string,
  env: Environment,
  room = { left: maxResolvedLength },
): Interpolated => {
  const problems: { message: string; expected: string }[] = []
  const values: Record<string, string> = {}
  let used = false
  const text = source.replace(
    pattern,
    (whole: string, inside: string | undefined, end: string | undefined) => {
      if (inside === undefined) return '${'
      used = true
      const [, name, fallback] = (end === '}' ? reference.exec(inside) : null) ?? []
      if (name === undefined) {
        problems.push({
          message: `${cut(whole, 40)} names no environment variable`,
          expected: `a name of letters, digits and _ in the braces; $${'$'}{ is a literal ${'$'}{`,
        })
        return ''
      }
      const value = Object.hasOwn(env, name) ? env[name] : undefined
      if (value !== undefined && (value !== '' || fallback === undefined)) {
        values[name] = value
        room.left -= value.length
        if (room.left >= 0) return value
        problems.push({
          message: `the values of the environment make too much of this scenario, ${name} among them`,
          expected: `at most ${maxResolvedLength.toLocaleString('en-US')} characters from it in all`,
        })
        return ''
      }
      if (fallback !== undefined) return fallback
      problems.push({
        message: `the environment variable ${name} is not set`,
        expected: `it to be set, or a default: \${${name}:-value}`,
      })
      return ''
    },
  )
  return { text, used, values, problems }
}

const maxScalarLength = 40

/** A text as YAML would read it, where it is a number, a truth or null; otherwise the text. */
export const readScalar = (text: string): unknown => {
  if (text.length > maxScalarLength || !/^[-+.\w~]+$/.test(text)) return text
  const value: unknown = parse(text, { logLevel: 'silent', schema: 'core' })
  return value === null || typeof value === 'boolean' || Number.isFinite(value) ? value : text
}

/** What the environment gave to a document. */
export interface EnvironmentUse {
  faults: Fault[]
  /** Texts that are one reference and nothing else: they may be meant as numbers. */
  whole: WholeReference[]
  /** The variables that were read. */
  values: Record<string, string>
}

interface WholeReference {
  path: Path
  container: Record<string | number, unknown>
  key: string | number
  text: string
}

/**
 * Replaces the references in all texts of the document, in place. They stay texts, except in the free JSON of bodies
 * and checks, where one without quotes is read as YAML would read its value.
 */
export const interpolateDocument = (document: ScenarioDocument, env: Environment): EnvironmentUse => {
  const use: EnvironmentUse = { faults: [], whole: [], values: {} }
  const path: (string | number)[] = []
  const room = { left: maxResolvedLength }

  const resolve = (
    container: Record<string | number, unknown>,
    key: string | number,
    value: string,
  ): void => {
    const { text, used, values, problems } = interpolate(value, env, room)
    Object.assign(use.values, values)
    for (const problem of problems) use.faults.push({ path: [...path], ...problem })
    container[key] = text
    if (!used) return
    document.markEnvironment(path, { raw: value, resolved: text })
    if (!/^\$\{[^}]*\}$/.test(value)) return
    const isPlain = document.tree?.scalarAt(container, key)?.plain ?? true
    if (!path.includes('json')) use.whole.push({ path: [...path], container, key, text })
    else if (isPlain) container[key] = readScalar(text)
  }

  const visit = (container: Record<string | number, unknown>, key: string | number): void => {
    const value = container[key]
    path.push(key)
    if (typeof value === 'object' && value !== null) visitAll(value)
    else if (typeof value === 'string' && value.includes('${')) resolve(container, key, value)
    path.pop()
  }

  const visitAll = (value: object): void => {
    const container = value as Record<string | number, unknown>
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) visit(container, i)
    else for (const key of Object.keys(value)) visit(container, key)
  }

  if (typeof document.data === 'object' && document.data !== null) visitAll(document.data)
  return use
}

/**
 * Reads as numbers and truths those whole references of which the schema wants no text, so that `${DRIVERS:-2}` is a
 * number where one is wanted, with or without quotes. Tells whether there were any.
 */
export const retypeReferences = ({ whole }: EnvironmentUse, isFaulty: (path: Path) => boolean): boolean => {
  let changed = false
  for (const { path, container, key, text } of whole) {
    const value = readScalar(text)
    if (typeof value === 'string' || !isFaulty(path)) continue
    container[key] = value
    changed = true
  }
  return changed
}

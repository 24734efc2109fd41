import { parse } from 'yaml'
import type { ScenarioDocument } from './scenario-document.ts'
import { cut, type Fault } from './scenario-faults.ts'

/**
 * `${NAME}`: the environment variable. `${NAME:-default}`: the same, or the default where it is unset or empty. `$${`:
 * a literal `${`. Done on the scalars of the parsed file, so that a value can never become a key or a list.
 */
export type Environment = Readonly<Record<string, string | undefined>>

const pattern = /\$\$\{|\$\{([^}]*)(\}?)/g
const reference = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

interface Interpolated {
  text: string
  /** A variable was read, or its default taken. */
  used: boolean
  problems: { message: string; expected: string }[]
}

export const interpolate = (source: string, env: Environment): Interpolated => {
  const problems: { message: string; expected: string }[] = []
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
      const value = env[name]
      if (value !== undefined && (value !== '' || fallback === undefined)) return value
      if (fallback !== undefined) return fallback
      problems.push({
        message: `the environment variable ${name} is not set`,
        expected: `it to be set, or a default: \${${name}:-value}`,
      })
      return ''
    },
  )
  return { text, used, problems }
}

const maxScalarLength = 40

/** A text as YAML would read it, where it is a number, a truth or null; otherwise the text. */
export const readScalar = (text: string): unknown => {
  if (text.length > maxScalarLength || !/^[-+.\w~]+$/.test(text)) return text
  const value: unknown = parse(text, { logLevel: 'silent', schema: 'core' })
  return value === null || typeof value === 'boolean' || Number.isFinite(value) ? value : text
}

/**
 * Replaces the references in all texts of the document, in place. A scalar without quotes that is one reference and
 * nothing else is read again, so that `drivers: ${DRIVERS:-2}` is a number.
 */
export const interpolateDocument = (document: ScenarioDocument, env: Environment): Fault[] => {
  const faults: Fault[] = []
  const path: (string | number)[] = []

  const visit = (container: Record<string | number, unknown>, key: string | number): void => {
    const value = container[key]
    path.push(key)
    if (typeof value === 'object' && value !== null) visitAll(value)
    else if (typeof value === 'string' && value.includes('${') && document.flagOf(path) === undefined) {
      const { text, used, problems } = interpolate(value, env)
      for (const problem of problems) faults.push({ path: [...path], ...problem })
      const whole = /^\$\{[^}]*\}$/.test(value) && (document.tree?.scalarAt(container, key)?.plain ?? true)
      container[key] = whole ? readScalar(text) : text
      if (used) document.markEnvironment(path, { raw: value, resolved: text })
    }
    path.pop()
  }

  const visitAll = (value: object): void => {
    const container = value as Record<string | number, unknown>
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) visit(container, i)
    else for (const key of Object.keys(value)) visit(container, key)
  }

  if (typeof document.data === 'object' && document.data !== null) visitAll(document.data)
  return faults
}

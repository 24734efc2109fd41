import { isSecretHeader } from './http-text.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import type { Path } from './scenario-faults.ts'

type Scalar = string | number | boolean

/** Instead of every password and token. */
const mask = '***'

/** How texts of requests enter a scenario: as they are, for the drivers, or without secrets, for the record. */
export interface TextView {
  text(path: Path, value: Scalar): string
  header(path: Path, name: string, value: Scalar): string
  /** A password or token. */
  secret(path: Path, value: Scalar): string
  /** Any JSON value; its numbers and truths stay what they are. */
  json(path: Path, value: unknown): unknown
}

/** What the drivers send. */
export const trueView = (document: ScenarioDocument): TextView => {
  const text = (path: Path, value: Scalar): string => document.textAt(path, value)
  return {
    text,
    header: (path, _name, value) => text(path, value),
    secret: text,
    json: (_path, value) => value,
  }
}

/** What reports and the store may show: nothing that came from the environment, no password, no token. */
export const recordView = (document: ScenarioDocument): TextView => {
  const text = (path: Path, value: Scalar): string => document.shownAt(path, value)
  const json = (path: Path, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item, i) => json([...path, i], item))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, json([...path, key], inner)]),
      )
    return document.environmentOf(path)?.raw ?? value
  }
  return {
    text,
    json,
    header: (path, name, value) => (isSecretHeader(name) ? mask : text(path, value)),
    secret: () => mask,
  }
}

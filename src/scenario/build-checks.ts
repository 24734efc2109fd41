import type { CheckData } from './check-schema.ts'
import { asList } from './quantities.ts'
import type { Check } from './scenario.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import { cut, type Path } from './scenario-faults.ts'
import { given } from './strict-map.ts'
import type { TextView } from './text-view.ts'

const maxNameLength = 120

/** An answer from here on is an error, unless the scenario says which statuses it wants. */
const defaultStatusBelow = 400

/**
 * Checks in the order of the schema. Their names are in every report: they are made of what the user wrote, and what
 * came from the environment is shown as `${NAME}` in them.
 */
export const buildChecks = (
  data: CheckData | undefined,
  path: Path,
  document: ScenarioDocument,
  view: TextView,
): Check[] => {
  const { status, header = {}, contains = [], matches = [], json = {}, size, time } = data ?? {}
  const shown = (at: Path, value: unknown): string =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? document.shownAt(at, value)
      : JSON.stringify(value)
  const checks: Check[] = []

  if (status === undefined)
    checks.push({ kind: 'statusBelow', name: `status < ${defaultStatusBelow}`, below: defaultStatusBelow })
  else {
    const statuses = asList(status).map(String)
    checks.push({ kind: 'status', name: `status ${statuses.join(' or ')}`, statuses })
  }
  for (const [name, wanted] of Object.entries(header)) {
    const at = [...path, 'header', name]
    checks.push(
      typeof wanted === 'object'
        ? {
            kind: 'header',
            name: `header ${name} matches ${shown([...at, 'matches'], wanted.matches)}`,
            header: name,
            matches: view.text([...at, 'matches'], wanted.matches),
          }
        : {
            kind: 'header',
            name: `header ${name} = ${JSON.stringify(shown(at, wanted))}`,
            header: name,
            equals: view.header(at, name, wanted),
          },
    )
  }
  for (const [at, text] of itemsOf(contains, [...path, 'contains']))
    checks.push({
      kind: 'bodyContains',
      name: `body contains ${JSON.stringify(shown(at, text))}`,
      text: view.text(at, text),
    })
  for (const [at, pattern] of itemsOf(matches, [...path, 'matches']))
    checks.push({
      kind: 'bodyMatches',
      name: `body matches ${shown(at, pattern)}`,
      pattern: view.text(at, pattern),
    })
  for (const [jsonPath, equals] of Object.entries(json)) {
    const at = [...path, 'json', jsonPath]
    const value = document.environmentOf(at)?.raw ?? equals
    checks.push({
      kind: 'json',
      name: `json ${jsonPath} = ${JSON.stringify(value)}`,
      path: jsonPath,
      equals: view.json(at, equals),
    })
  }
  if (size !== undefined) {
    const written = document.valueAt([...path, 'size'])
    const name =
      typeof written === 'object' && written !== null
        ? Object.entries(written)
            .map(([key, value]) => `${key} ${value}`)
            .join(', ')
        : String(written).trim()
    const bounds =
      'min' in size || 'max' in size
        ? { minBytes: size.min, maxBytes: size.max }
        : (size as { minBytes?: number; maxBytes?: number })
    checks.push({
      kind: 'size',
      name: `size ${name}`,
      ...given('minBytes', bounds.minBytes),
      ...given('maxBytes', bounds.maxBytes),
    })
  }
  if (time !== undefined) {
    const written = String(document.valueAt([...path, 'time'])).replace(/^\s*<?\s*/, '')
    checks.push({ kind: 'time', name: `time < ${written.trim()}`, belowMs: time })
  }
  return checks.map((check) => ({ ...check, name: cut(check.name, maxNameLength) }))
}

/** One or several, each with its own path. */
const itemsOf = (value: string | string[], path: Path): [Path, string][] =>
  Array.isArray(value) ? value.map((item, i) => [[...path, i], item]) : [[path, value]]

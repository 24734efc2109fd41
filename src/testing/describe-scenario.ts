import { scenarioJsonSchema } from '../scenario/json-schema.ts'
import { templateBuiltins } from '../scenario/template.ts'
import { type JsonSchema, tableOf, withGenerated } from './describe-schema.ts'

type Root = JsonSchema & { $defs: Record<string, JsonSchema> }

/** Keys of a map of the scenario as a Markdown table; those of maps that are not in a table of their own follow them. */
const describeKeys = (root: Root, schema: JsonSchema): string => {
  const rows: string[][] = []
  const visit = (map: JsonSchema, prefix: string): void => {
    for (const [key, raw] of Object.entries(map.properties ?? {})) {
      const value = raw.$ref === undefined ? raw : { ...definitionOf(root, raw.$ref), properties: {} }
      rows.push([`\`${prefix}${key}\``, exampleOf(value), value.description ?? ''])
      if (prefix === '' && (raw.properties !== undefined || key === 'feeders'))
        visit(mapIn(raw), `${key}.${key === 'feeders' ? 'NAME.' : ''}`)
    }
  }
  visit(schema, '')
  return tableOf(['key', 'for example', 'meaning'], rows)
}

const definitionOf = (root: Root, ref: string): JsonSchema => root.$defs[ref.replace('#/$defs/', '')] ?? {}

/** The map among the ways in which a value may be written. */
const mapIn = (schema: JsonSchema): JsonSchema => {
  const inner = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : schema
  return inner.anyOf?.find(({ properties }) => properties !== undefined) ?? inner
}

const exampleOf = ({ examples, anyOf, const: constant }: JsonSchema): string => {
  const [example] = examples ?? anyOf?.flatMap((way) => way.enum ?? []) ?? []
  if (example === undefined || constant !== undefined) return ''
  return `\`${typeof example === 'string' ? example : JSON.stringify(example)}\``
}

const describeTemplates = (): string =>
  tableOf(
    ['template', 'becomes'],
    Object.values(templateBuiltins).map(({ example, value }) => [`\`${example}\``, value]),
  )

/** `docs/scenario.md` with the tables that the schema says now. */
export const renderScenarioDocument = (document: string): string => {
  const root = JSON.parse(scenarioJsonSchema()) as Root
  const { http = {}, load = {}, ...top } = root.properties ?? {}
  const keys = (schema: JsonSchema) => describeKeys(root, schema)
  const parts: Record<string, string> = {
    scenario: keys({
      properties: {
        ...top,
        http: { description: http.description ?? '' },
        load: { description: load.description ?? '' },
      },
    }),
    load: keys(load),
    stages: keys(definitionOf(root, 'stages').items ?? {}),
    http: keys(mapIn(http)),
    request: keys(definitionOf(root, 'request')),
    journey: keys(definitionOf(root, 'journey')),
    think: keys(definitionOf(root, 'think')),
    check: keys(definitionOf(root, 'check')),
    auth: keys(definitionOf(root, 'auth')),
    templates: describeTemplates(),
  }
  return Object.entries(parts).reduce((text, [name, part]) => withGenerated(text, name, part), document)
}

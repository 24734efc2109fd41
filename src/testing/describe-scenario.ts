import { scenarioJsonSchema } from '../scenario/json-schema.ts'
import { templateBuiltins } from '../scenario/template.ts'
import { type JsonSchema, tableOf, withGenerated } from './describe-schema.ts'

type Root = JsonSchema & { $defs: Record<string, JsonSchema> }

/** Keys of a map of the scenario as a Markdown table, each followed by those of the map within it. */
const describeKeys = (root: Root, schema: JsonSchema): string => {
  const rows: string[][] = []
  const visit = (map: JsonSchema, prefix: string): void => {
    for (const [key, raw] of Object.entries(map.properties ?? {})) {
      const value = raw.$ref === undefined ? raw : definitionOf(root, raw.$ref)
      const [meaning, leftOut] = splitDefault(value.description ?? '')
      const isNeeded = map.required?.includes(key) ?? false
      rows.push([`\`${prefix}${key}\``, describeValue(value), isNeeded ? 'needed' : leftOut, meaning])
      if (raw.$ref !== undefined) continue
      const [within, named] = mapWithin(raw)
      if (within !== undefined) visit(within, `${prefix}${key}.${named}`)
    }
  }
  visit(schema, '')
  return tableOf(['key', 'value', 'left out', 'meaning'], rows)
}

const definitionOf = (root: Root, ref: string): JsonSchema => root.$defs[ref.replace('#/$defs/', '')] ?? {}

/** A description may end in what is meant where the key is left out. */
const splitDefault = (description: string): [meaning: string, leftOut: string] => {
  const [, meaning = description, leftOut = ''] = /^(.*?)[.;:] [Ll]eft out: (.*?)\.?$/.exec(description) ?? []
  return [leftOut === '' ? description : `${meaning}.`, leftOut]
}

/** The map among the ways in which a value may be written, and what stands for its keys where these are names. */
const mapWithin = (schema: JsonSchema): [JsonSchema | undefined, string] => {
  const { additionalProperties: named } = schema
  if (schema.properties === undefined && typeof named === 'object') return [mapIn(named), 'NAME.']
  return [mapIn(schema), '']
}

const mapIn = (schema: JsonSchema): JsonSchema | undefined =>
  schema.properties === undefined ? schema.anyOf?.find(({ properties }) => properties !== undefined) : schema

/** An example, all words there are, or what kind of value it is. */
const describeValue = (schema: JsonSchema): string => {
  const { examples, anyOf, const: constant, enum: words } = schema
  const code = (example: unknown) => `\`${typeof example === 'string' ? example : JSON.stringify(example)}\``
  if (constant !== undefined) return ''
  if (words !== undefined) return words.map(code).join(' or ')
  if (examples?.[0] !== undefined) return code(examples[0])
  // Not `${NAME}`, which may stand anywhere.
  const ways = (anyOf ?? []).filter(({ pattern }) => !pattern?.startsWith('^\\$'))
  const [first] = ways
  if (first !== undefined) {
    const shown = ways.find(({ examples: own, enum: all }) => own !== undefined || all !== undefined)
    return describeValue(shown ?? first)
  }
  if (schema.type === 'boolean') return '`true` or `false`'
  if (schema.type === 'integer' || schema.type === 'number') return rangeOf(schema)
  if (schema.type === 'array') return 'a list'
  if (schema.type === 'object') return 'a map'
  return schema.type === 'string' ? 'text' : 'any value'
}

const rangeOf = ({
  type,
  minimum = 0,
  exclusiveMinimum,
  maximum = Number.MAX_SAFE_INTEGER,
}: JsonSchema): string => {
  const what = type === 'integer' ? 'whole number' : 'number'
  const most = maximum.toLocaleString('en-US')
  if (exclusiveMinimum !== undefined) return `${what} above ${exclusiveMinimum}, at most ${most}`
  return maximum === Number.MAX_SAFE_INTEGER
    ? `${what}, ${minimum} or more`
    : `${what}, ${minimum} to ${most}`
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
      ...root,
      properties: {
        ...top,
        http: { type: 'object', description: http.description ?? '' },
        load: { type: 'object', description: load.description ?? '' },
      },
    }),
    load: keys(load),
    stages: keys(definitionOf(root, 'stages').items ?? {}),
    http: keys(mapIn(http) ?? {}),
    request: keys(definitionOf(root, 'request')),
    journey: keys(definitionOf(root, 'journey')),
    think: keys(definitionOf(root, 'think')),
    check: keys(definitionOf(root, 'check')),
    auth: keys(definitionOf(root, 'auth')),
    templates: describeTemplates(),
  }
  return Object.entries(parts).reduce((text, [name, part]) => withGenerated(text, name, part), document)
}

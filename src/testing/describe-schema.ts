import { z } from 'zod'

/**
 * Schemas as tables in Markdown, for documents whose tables are made of the code: `docs/wire.md` and `docs/scenario.md`.
 * A document keeps such a part between two comments, `<!-- generated: NAME -->` and `<!-- end: NAME -->`.
 */
export interface JsonSchema {
  $ref?: string
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  description?: string
  examples?: unknown[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  pattern?: string
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
}

export const jsonSchemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input' }) as JsonSchema

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

/** A schema in a few words: `text`, `number or null`, `list of text`. */
export const typeOf = (schema: JsonSchema): string => {
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ')
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.type === 'object' && schema.properties === undefined) {
    const values = schema.additionalProperties
    return typeof values === 'object' && values.type !== undefined ? `map to ${typeOf(values)}` : 'map'
  }
  return (
    { string: 'text', integer: 'number', boolean: 'true or false' }[schema.type ?? ''] ?? schema.type ?? 'any'
  )
}

export interface Field {
  /** Dotted; `[]` marks the items of a list. */
  path: string
  schema: JsonSchema
  isRequired: boolean
}

/** All fields of an object, outermost first, those within it after it. */
export const fieldsOf = (schema: JsonSchema, prefix = ''): Field[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = `${prefix}${name}`
    const isRequired = schema.required?.includes(name) ?? false
    return [
      { path, schema: inner, isRequired },
      ...fieldsOf(inner, `${path}.`),
      ...fieldsOf(inner.items ?? {}, `${path}[].`),
    ]
  })

/** A Markdown table. */
export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** The document with this part in the place that it has for it; throws where it has none. */
export const withGenerated = (document: string, name: string, part: string): string => {
  const [begin, end] = [`<!-- generated: ${name} -->\n`, `<!-- end: ${name} -->`]
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from === -1 || to < from) throw new Error(`no place for "${name}" in the document`)
  return `${document.slice(0, from + begin.length)}\n${part}\n\n${document.slice(to)}`
}

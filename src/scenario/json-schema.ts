import { z } from 'zod'
import { loadKinds } from './load-schema.ts'
import { scenarioSchema } from './scenario-schema.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** Any scalar may come from the environment instead. */
const fromEnvironment: JsonSchema = { type: 'string', pattern: '^\\$\\{' }

const isBareScalar = ({ type, enum: words }: JsonSchema): boolean =>
  type === 'integer' || type === 'number' || type === 'boolean' || words !== undefined

/** The schema of what people write, for editors: JSON Schema draft 2020-12, as text. */
export const scenarioJsonSchema = (): string => {
  const schema = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The one rule over several keys that helps most while writing.
      if (jsonSchema.properties !== undefined && 'avalanche' in jsonSchema.properties)
        jsonSchema.oneOf = loadKinds.map((kind) => ({ required: [kind] }))
      if (!isBareScalar(jsonSchema)) return
      const { description, examples, ...scalar } = jsonSchema
      for (const key of Object.keys(scalar)) delete jsonSchema[key]
      jsonSchema.anyOf = [scalar, fromEnvironment]
    },
  })
  return `${JSON.stringify({ $id: 'urn:groundswell:scenario', ...schema }, null, 2)}\n`
}

import { writeFileSync } from 'node:fs'
import { scenarioJsonSchema } from '../src/scenario/json-schema.ts'

writeFileSync(new URL('../scenario.schema.json', import.meta.url), scenarioJsonSchema())

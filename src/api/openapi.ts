import { z } from 'zod'
import { type ErrorCode, errorCatalogue } from '../lib/errors.ts'
import { answerSchemas } from './answer-schemas.ts'
import { problemType } from './problem.ts'
import type { Answer, Route } from './route.ts'

/** The routes as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0), from the schemas that check what they take. */
export const openApiOf = (routes: readonly Route[], version: string): Record<string, unknown> => {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operationOf(route) })
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Groundswell orchestrator',
      version,
      description: 'Create load-test runs, follow them, steer them, and read what they measured.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(
        Object.entries(answerSchemas).map(([name, schema]) => [name, withoutDialect(z.toJSONSchema(schema))]),
      ),
    },
  }
}

const operationOf = (route: Route): Record<string, unknown> => ({
  summary: route.summary,
  operationId: operationIdOf(route),
  tags: [route.tag],
  ...(route.isOpen === true ? { security: [] } : {}),
  parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
  ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body) }),
  responses: {
    ...Object.fromEntries(
      Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer)]),
    ),
    ...problemsOf(route),
  },
})

/** `getApiRunsIdTimeline`. */
const operationIdOf = ({ method, path }: Route): string =>
  method.toLowerCase() +
  path
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

const parametersOf = (schema: z.ZodObject | undefined, place: 'path' | 'query'): unknown[] => {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' })
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = typeof property === 'object' ? property : {}
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

const bodyOf = ({ schema, isScenario, isOptional }: NonNullable<Route['body']>): Record<string, unknown> => ({
  required: isOptional !== true,
  content: {
    'application/json': { schema: withoutDialect(z.toJSONSchema(schema, { io: 'input' })) },
    ...(isScenario === true
      ? { 'application/yaml': { schema: { type: 'string', description: 'the text of a scenario' } } }
      : {}),
  },
})

const answerOf = ({ description, content }: Answer): Record<string, unknown> => ({
  description,
  ...(content === undefined
    ? {}
    : {
        content: Object.fromEntries(
          Object.entries(content).map(([type, name]) => [
            type,
            { schema: name === 'text' ? { type: 'string' } : { $ref: `#/components/schemas/${name}` } },
          ]),
        ),
      }),
})

/** What may go wrong in front of every route. */
const errorsOfAll: readonly ErrorCode[] = ['REQUEST_INVALID', 'UNAUTHORIZED', 'ORIGIN_REFUSED', 'INTERNAL']
const errorsOfBodies: readonly ErrorCode[] = ['BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED']

/** The codes that a route may answer with. */
export const errorsOf = (route: Route): ErrorCode[] => [
  ...new Set([...errorsOfAll, ...(route.body === undefined ? [] : errorsOfBodies), ...route.errors]),
]

const problemsOf = (route: Route): Record<string, unknown> => {
  const byStatus = Map.groupBy(errorsOf(route), (code) => errorCatalogue[code].httpStatus)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.join(', '),
        content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

const withoutDialect = ({
  $schema: _,
  ...schema
}: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema => schema

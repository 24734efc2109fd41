import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { AppError, type ErrorCode } from '../lib/errors.ts'
import type { AnswerName } from './answer-schemas.ts'
import { readJson } from './read-json.ts'

/**
 * A route as data: from it come the server's handling, the checks of what it is given, and its part of the OpenAPI
 * document. What it takes has passed its schemas when `handle` sees it.
 */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** As OpenAPI writes it: `/api/runs/{id}`. */
  path: string
  summary: string
  tag: 'scenarios' | 'runs' | 'drivers' | 'events' | 'operation' | 'load-testing brief'
  /** Without a token. */
  isOpen?: boolean
  params?: z.ZodObject
  query?: z.ZodObject
  body?: RouteBody
  /** By status. */
  answers: Record<number, Answer>
  errors: readonly ErrorCode[]
  handle(input: RouteInput): Promise<Reply>
}

export interface RouteBody {
  schema: z.ZodType
  /** A scenario, as JSON or as the text of its YAML: it is read elsewhere, see {@link rawBodyOf}. */
  isScenario?: boolean
  isOptional?: boolean
}

export interface Answer {
  description: string
  /** By media type: the schema of that name, or just a text. */
  content?: Record<string, AnswerName | 'text'>
}

export interface RouteInput<P = unknown, Q = unknown, B = unknown> {
  params: P
  query: Q
  body: B
  request: FastifyRequest
  reply: FastifyReply
}

export type Reply =
  | { status: number; json: unknown; headers?: Record<string, string> }
  | { status: number; text: string; type: string; headers?: Record<string, string> }
  | { status: number; bytes: Uint8Array; type: string; headers?: Record<string, string> }
  | { status: number; stream: Readable; type: string; headers?: Record<string, string> }
  | { status: number; headers?: Record<string, string> }
  /** It answers by itself. */
  | 'hijacked'

type Infer<T> = T extends z.ZodType ? z.infer<T> : undefined

/** A route whose handler knows the types of what it is given. */
export const defineRoute = <
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  S extends z.ZodType | undefined = undefined,
>(
  route: Omit<Route, 'handle' | 'params' | 'query' | 'body'> & {
    params?: P
    query?: Q
    body?: Omit<RouteBody, 'schema'> & { schema: S }
    handle(input: RouteInput<Infer<P>, Infer<Q>, Infer<S>>): Promise<Reply>
  },
): Route => route as unknown as Route

/** A body as it came. */
export class RawBody {
  readonly type: 'json' | 'yaml'
  readonly bytes: Uint8Array

  constructor(type: 'json' | 'yaml', bytes: Uint8Array) {
    this.type = type
    this.bytes = bytes
  }
}

/** Of a route whose body is a scenario. */
export const rawBodyOf = ({ body }: FastifyRequest): RawBody => {
  if (body instanceof RawBody) return body
  throw new AppError('REQUEST_INVALID', 'The body is missing.')
}

/** What a route is given, checked. Throws REQUEST_INVALID with the first things that are wrong. */
export const readInput = (route: Route, request: FastifyRequest): Omit<RouteInput, 'request' | 'reply'> => ({
  params: route.params === undefined ? undefined : checkInput(route.params, request.params, 'path'),
  query:
    route.query === undefined ? refuseQuery(request.query) : checkInput(route.query, request.query, 'query'),
  body: readBody(route, request.body),
})

const readBody = (route: Route, body: unknown): unknown => {
  if (route.body === undefined) {
    if (body === undefined || body === null) return undefined
    throw new AppError('REQUEST_INVALID', 'This route takes no body.')
  }
  if (body === undefined || body === null) {
    if (route.body.isOptional === true) return undefined
    throw new AppError('REQUEST_INVALID', 'The body is missing.')
  }
  if (route.body.isScenario === true || !(body instanceof RawBody)) return undefined
  if (body.type === 'yaml') throw new AppError('MEDIA_TYPE_UNSUPPORTED', 'This route takes JSON.')
  return checkInput(route.body.schema, readJson(body.bytes), 'body')
}

const refuseQuery = (query: unknown): undefined => {
  const [name] = Object.keys(query ?? {})
  if (name === undefined) return undefined
  throw new AppError('REQUEST_INVALID', 'query: this route takes no parameters.')
}

const shownIssues = 5

/** Throws REQUEST_INVALID with the first things that are wrong. */
export const checkInput = (schema: z.ZodType, value: unknown, where: string): unknown => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  const texts = issues
    .slice(0, shownIssues)
    .map(
      ({ path, message }) =>
        `${[where, ...path.map(String)].join('.').slice(0, 200)}: ${message.slice(0, 200)}`,
    )
  const more = issues.length > shownIssues ? ` (and ${issues.length - shownIssues} more)` : ''
  throw new AppError('REQUEST_INVALID', texts.join('; ') + more)
}

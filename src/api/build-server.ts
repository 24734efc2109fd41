import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastify from 'fastify'
import { AppError } from '../lib/errors.ts'
import { checkAccess } from './access.ts'
import type { ApiLimits } from './api-options.ts'
import type { ApiServices } from './api-services.ts'
import { addParsers } from './body-parsers.ts'
import { problemOf, problemType, publicErrorOf, rawProblem } from './problem.ts'
import { type Reply, type Route, readInput } from './route.ts'
import { expectProgress, takeTurns } from './take-turns.ts'

/** So often connections are looked at that took too long for their request. */
const lookMs = 5000

/** Of a body that is no scenario. */
const smallBytes = 64 * 1024

/**
 * The server around the routes, not yet listening. A request is checked in this order: address, origin and token; route;
 * body's size and form; path, query and body against their schemas.
 */
export const buildServer = (services: ApiServices, routes: readonly Route[]): FastifyInstance => {
  const { options, limits, hub } = services
  const refuse = refusing(services)
  const app = fastify({
    logger: false,
    bodyLimit: Math.min(limits.bodyBytes, smallBytes),
    requestTimeout: limits.requestMs,
    // A connection on which nothing moves, be it a client that takes nothing of its answers, must not keep its place.
    connectionTimeout: limits.stalledMs,
    keepAliveTimeout: limits.stalledMs,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      refuse(error, request, reply)
    },
    clientErrorHandler: (error, socket) => {
      // What is no HTTP: nobody can be sure who reads the answer, so the connection ends with it.
      const known = clientErrors[error.code] ?? 'The request is no HTTP/1.1.'
      services.countRefused('REQUEST_INVALID', error.code)
      if (socket.writable) socket.end(rawProblem(new AppError('REQUEST_INVALID', known)))
      else socket.destroy()
    },
    http: { maxHeaderSize: 16_384, connectionsCheckingInterval: Math.min(lookMs, limits.requestMs) },
  })
  app.server.maxConnections = limits.connections
  addParsers(app)
  takeTurns(app)
  app.addHook('onRequest', async (request) => {
    const { url } = request.routeOptions
    const isOpen = routes.some(({ isOpen, path }) => isOpen === true && fastifyPath(path) === url)
    if (isOpen) return
    const { headers, method } = request
    checkAccess(
      options,
      {
        authorization: headers.authorization,
        host: headers.host,
        origin: headers.origin,
        fetchSite: headers['sec-fetch-site'] as string | undefined,
      },
      method !== 'GET' && method !== 'HEAD',
    )
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })
  // Before the server waits for its connections: open streams would keep it for ever.
  app.addHook('preClose', async () => hub.close())
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(routes, request.url)
    if (allowed.length === 0) refuse(new AppError('NOT_FOUND', 'There is no such route.'), request, reply)
    else {
      reply.header('allow', allowed.join(', '))
      refuse(new AppError('METHOD_NOT_ALLOWED', `This route has no ${request.method}.`), request, reply)
    }
  })
  for (const route of routes) addRoute(app, route, limits)
  return app
}

const addRoute = (app: FastifyInstance, route: Route, limits: ApiLimits): void => {
  const isStream = Object.values(route.answers).some(({ content = {} }) => 'text/event-stream' in content)
  app.route({
    method: route.method,
    url: fastifyPath(route.path),
    ...(route.body?.isScenario === true ? { bodyLimit: limits.bodyBytes } : {}),
    exposeHeadRoute: route.method === 'GET' && !isStream,
    handler: async (request, reply) => {
      const answer = await route.handle({ ...readInput(route, request), request, reply })
      return send(reply, answer, limits.stalledMs)
    },
  })
}

/** `/api/runs/:id` for `/api/runs/{id}`. */
export const fastifyPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1')

const send = (reply: FastifyReply, answer: Reply, stalledMs: number): FastifyReply | undefined => {
  if (answer === 'hijacked') return undefined
  reply.status(answer.status).headers(answer.headers ?? {})
  if ('stream' in answer) return reply.type(answer.type).send(answer.stream)
  if ('bytes' in answer) {
    expectProgress(reply.request, answer.bytes.length, stalledMs)
    return reply.type(answer.type).send(answer.bytes)
  }
  if (!('json' in answer) && !('text' in answer)) return reply.send()
  const text = 'json' in answer ? JSON.stringify(answer.json) : answer.text
  expectProgress(reply.request, text.length, stalledMs)
  return reply.type('json' in answer ? 'application/json; charset=utf-8' : answer.type).send(text)
}

const clientErrors: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'The head of the request is too large.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time.',
}

const refusing =
  (services: ApiServices) =>
  (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const error = publicErrorOf(thrown, services.options.logger)
    services.countRefused(error.code, error.code)
    if (error.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer')
    // What was not read of the body would be taken for the next request.
    if (error.code === 'BODY_TOO_LARGE') reply.header('connection', 'close')
    const problem = problemOf(error)
    void reply
      .status(problem.status)
      .type(problemType)
      .send(request.method === 'HEAD' ? '' : JSON.stringify(problem))
  }

const methodsAt = (routes: readonly Route[], url: string): string[] => {
  const path = (url.split('?')[0] ?? '').replace(/(?<=.)\/$/, '')
  const methods = routes
    .filter((route) =>
      new RegExp(`^${route.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
    .map(({ method }) => method)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}

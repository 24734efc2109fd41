import type { AddressInfo } from 'node:net'
import { checkBinding, isLoopback } from './access.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiServices } from './api-services.ts'
import { briefRoutes } from './brief-routes.ts'
import { buildServer } from './build-server.ts'
import { DashboardAssets } from './dashboard-assets.ts'
import { dashboardRoutes } from './dashboard-routes.ts'
import { driverRoutes } from './driver-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { exampleRoutes } from './example-routes.ts'
import { listenError } from './listen-error.ts'
import { openApiOf } from './openapi.ts'
import { operationRoutes } from './operation-routes.ts'
import { reportRoutes } from './report-routes.ts'
import type { Route } from './route.ts'
import { runRoutes } from './run-routes.ts'
import { scenarioRoutes } from './scenario-routes.ts'
import { Viewers } from './viewers.ts'

/**
 * The REST API of an orchestrator: every resource is a file of routes, `build-server.ts` the server
 * around them.
 */
export interface Api {
  url: string
  /** Resolves when nobody looks, or has had the end of what was looked at; after 2 s at the latest. */
  settled(): Promise<void>
  /** Ends all streams and waits for the answers under way, a moment at most. Idempotent. */
  close(): Promise<void>
}

/** What is still being answered at the end gets so long. */
const closingMs = 2000

/** Rejects with USAGE (it would be open to a network) or PORT_IN_USE. */
export const startApi = async (options: ApiOptions): Promise<Api> => {
  checkBinding(options)
  const { host, port, logger, token, insecure } = options
  const services = new ApiServices(options)
  const assets = new DashboardAssets(options.version)
  const app = buildServer(services, [...routesOf(services), ...dashboardRoutes(assets)])
  const viewers = new Viewers(app.server, options.clock)
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw listenError(error, host, port)
  }
  if (token === undefined && insecure === true && !isLoopback(host))
    logger.warn('the API is open to everybody who reaches this address: --insecure was given and no token', {
      host,
    })
  const stopObserving = observeEverySecond(services)
  const closed = Promise.withResolvers<void>()
  let isClosing = false
  return {
    url: urlOf(app.server.address() as AddressInfo, host),
    settled: () => viewers.settled(),
    close: () => {
      if (isClosing) return closed.promise
      isClosing = true
      stopObserving()
      const limit = options.clock.after(closingMs, () => app.server.closeAllConnections())
      app
        .close()
        .finally(() => {
          limit.cancel()
          services.scenarios.close()
          assets.close()
        })
        .then(closed.resolve, closed.reject)
      return closed.promise
    },
  }
}

/** In the order of the document; the page and its files, which are none of the API, have no part in it. */
export const routesOf = (services: ApiServices): Route[] => {
  const routes = [
    ...scenarioRoutes(services),
    ...exampleRoutes(),
    ...runRoutes(services),
    ...reportRoutes(services),
    ...eventRoutes(services),
    ...driverRoutes(services),
    ...operationRoutes(services),
    ...briefRoutes(services),
  ]
  let document: unknown
  const describing: Route = {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This document.',
    tag: 'operation',
    answers: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': 'text' } } },
    errors: [],
    handle: async () => {
      document ??= openApiOf([...routes, describing], services.options.version)
      return { status: 200, json: document }
    },
  }
  return [...routes, describing]
}

const observeEverySecond = ({ directory, options }: ApiServices): (() => void) => {
  let timer = options.clock.after(0, () => {})
  const arm = (): void => {
    timer = options.clock.after(1000, () => {
      directory.observe()
      arm()
    })
  }
  arm()
  return () => timer.cancel()
}

const urlOf = ({ address, family, port }: AddressInfo, host: string): string => {
  const name = host === 'localhost' ? host : family === 'IPv6' ? `[${address}]` : address
  return `http://${name}:${port}`
}

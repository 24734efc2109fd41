import type { ApiServices } from './api-services.ts'
import { prometheusType } from './prometheus-text.ts'
import { defineRoute, type Route } from './route.ts'

const json = 'application/json'

/** For whoever operates the orchestrator. */
export const operationRoutes = ({ directory, metrics, options }: ApiServices): Route[] => [
  defineRoute({
    method: 'GET',
    path: '/healthz',
    summary: 'Whether this process answers.',
    tag: 'operation',
    isOpen: true,
    answers: { 200: { description: 'It does.', content: { [json]: 'Health' } } },
    errors: [],
    handle: async () => ({ status: 200, json: { status: 'ok' } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether bus and store answer, so that new runs are taken.',
    tag: 'operation',
    isOpen: true,
    answers: {
      200: {
        description: 'They do; `store` is `unwritten` while it takes nothing and the record of runs waits.',
        content: { [json]: 'Readiness' },
      },
      503: { description: 'One of them does not.', content: { [json]: 'Readiness' } },
    },
    errors: [],
    handle: async () => {
      const bus = options.orchestrator.isConnected ? 'ok' : 'away'
      const store = await directory.checkStore().then(
        () => (options.isStoreWritten?.() === false ? ('unwritten' as const) : ('ok' as const)),
        () => 'away' as const,
      )
      const isReady = bus === 'ok' && store !== 'away'
      return { status: isReady ? 200 : 503, json: { status: isReady ? 'ok' : 'unready', bus, store } }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/metrics',
    summary: 'All that a dashboard shows, for Prometheus.',
    tag: 'operation',
    answers: { 200: { description: 'Text format 0.0.4.', content: { 'text/plain': 'text' } } },
    errors: [],
    handle: async () => ({ status: 200, text: metrics.render(), type: prometheusType }),
  }),
]

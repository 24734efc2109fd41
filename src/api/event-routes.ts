import type { FastifyReply, FastifyRequest } from 'fastify'
import { epochMsOf } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import type { ApiServices } from './api-services.ts'
import { type EventClient, EventFeed, type EventSink } from './event-feed.ts'
import { eventsQuery, fleetEventsQuery, runParams } from './request-schemas.ts'
import { defineRoute, type Route } from './route.ts'
import { endOf } from './run-feed.ts'

/*
 * Streams of server-sent events (WHATWG HTML, 9.2): a viewer is told what changes instead of asking, and one whose
 * connection broke goes on behind the last number that it has.
 */

const eventStream = 'text/event-stream'

export const eventRoutes = (services: ApiServices): Route[] => {
  const { hub, directory, options, limits } = services
  return [
    defineRoute({
      method: 'GET',
      path: '/api/runs/{id}/events',
      summary: 'What changes in a run, about once a second, until its end.',
      tag: 'events',
      params: runParams,
      query: eventsQuery,
      answers: {
        200: {
          description: 'Events `update` (RunUpdate), `tick`, `reset`, and as the last one `end` (RunEnd).',
          content: { [eventStream]: 'text' },
        },
      },
      errors: ['RUN_UNKNOWN', 'STREAM_LIMIT', 'STORE_UNAVAILABLE'],
      handle: async ({ params, query, request, reply }) => {
        const found = await directory.find(params.id)
        if (found.kind === 'stored' && found.result.state !== 'finished')
          throw new AppError('RUN_UNKNOWN', `Run ${params.id} is not conducted by this orchestrator.`)
        if (found.kind === 'live') hub.checkRoomOf(found.run, query.request)
        else hub.checkRoom()
        const after = query.after ?? lastEventId(request)
        stream(reply, (sink) => {
          if (found.kind === 'live') return hub.joinRun(found.run, query.request, sink, after)
          // By its own time, so that the end has the same number whenever it is asked for.
          const past = new EventFeed(
            options.clock,
            limits.stalledMs,
            epochMsOf(found.result.finishedAt ?? found.result.createdAt),
          )
          past.end('end', endOf(found.result))
          return past.join(sink, undefined)
        })
        return 'hijacked'
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/events',
      summary: 'All runs and drivers in short, once a second.',
      tag: 'events',
      query: fleetEventsQuery,
      answers: {
        200: {
          description: 'Events `update` (FleetUpdate) and `reset`.',
          content: { [eventStream]: 'text' },
        },
      },
      errors: ['STREAM_LIMIT'],
      handle: async ({ query, request, reply }) => {
        hub.checkRoom()
        const after = query.after ?? lastEventId(request)
        stream(reply, (sink) => hub.joinFleet(sink, after))
        return 'hijacked'
      },
    }),
  ]
}

/** As a browser's EventSource sends it when it comes back; one that is not ours is none. */
const lastEventId = (request: FastifyRequest): number | undefined => {
  const text = request.headers['last-event-id']
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** From here on the answer is the stream's own: nothing else may write to it. */
const stream = (reply: FastifyReply, join: (sink: EventSink) => EventClient): void => {
  const { raw } = reply
  let client: EventClient | undefined
  const sink: EventSink = {
    write: (text, taken) => raw.write(text, taken),
    end: () => raw.end(),
    destroy: () => raw.destroy(),
  }
  const head = {
    'content-type': eventStream,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  }
  // It is told when the client is gone, or the socket failed, which comes to the same.
  raw.on('close', () => client?.closed())
  raw.on('error', () => {})
  reply.hijack()
  raw.writeHead(200, head)
  raw.flushHeaders()
  client = join(sink)
}

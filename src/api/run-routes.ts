import { AppError } from '../lib/errors.ts'
import type { SteerCommand } from '../orchestrator/run-options.ts'
import type { ApiServices } from './api-services.ts'
import { createRun } from './create-run.ts'
import {
  createRunQuery,
  createRunSchema,
  listQuery,
  rateSchema,
  runParams,
  steerSchema,
} from './request-schemas.ts'
import { defineRoute, type Reply, type Route, rawBodyOf } from './route.ts'

const json = 'application/json'
const runAnswer = (description: string) => ({ description, content: { [json]: 'RunResult' } }) as const

/** Runs: create, look at, steer, remove. */
export const runRoutes = (services: ApiServices): Route[] => {
  const { directory, options } = services

  const steer = async (id: string, command: Omit<SteerCommand, 'by'>): Promise<Reply> => {
    const run = await liveRunOf(services, id)
    if (run.state.phase === 'finished') throw new AppError('RUN_FINISHED', `Run ${id} is over.`)
    if (command.command !== 'stop' && run.state.startAtMs === null)
      throw new AppError('RUN_NOT_READY', `Run ${id} has not begun.`)
    await services.inTime(run.steer({ ...command, by: 'api' }))
    return { status: 202, json: await directory.result(id) }
  }
  const steering = (command: 'pause' | 'resume' | 'stop', summary: string): Route =>
    defineRoute({
      method: 'POST',
      path: `/api/runs/{id}/${command}`,
      summary,
      tag: 'runs',
      params: runParams,
      answers: { 202: runAnswer('It takes effect within a moment, on all drivers at once.') },
      errors: ['RUN_UNKNOWN', 'RUN_FINISHED', 'RUN_NOT_READY', 'STORE_UNAVAILABLE', 'BUS_UNAVAILABLE'],
      handle: ({ params }) => steer(params.id, { command }),
    })

  return [
    defineRoute({
      method: 'POST',
      path: '/api/runs',
      summary: 'Create a run. With an id it may be asked again: the same scenario makes no second run.',
      tag: 'runs',
      query: createRunQuery,
      body: { schema: createRunSchema, isScenario: true },
      answers: {
        201: runAnswer('It is made, and waits for drivers.'),
        200: runAnswer('It was there already, of the same scenario.'),
      },
      errors: [
        'SCENARIO_INVALID',
        'SCENARIO_UNREADABLE',
        'RUN_EXISTS',
        'QUEUE_FULL',
        'DRIVERS_MISSING',
        'ORCHESTRATOR_RESTARTED',
        'STORE_UNAVAILABLE',
      ],
      handle: async ({ request, query }) => {
        const { id = query.id, hold, loaded } = await services.readScenario(rawBodyOf(request), true)
        const isHeld = hold ?? (query.hold === undefined ? undefined : query.hold === 'true')
        const { result, isNew } = await createRun(options, directory, loaded, { id, hold: isHeld })
        return {
          status: isNew ? 201 : 200,
          json: result,
          headers: { location: `/api/runs/${encodeURIComponent(result.id)}` },
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/runs',
      summary: 'Runs that go on and those of the past, newest first.',
      tag: 'runs',
      query: listQuery,
      answers: { 200: { description: 'One page.', content: { [json]: 'RunList' } } },
      errors: [],
      handle: async ({ query }) => ({ status: 200, json: await directory.list(query.limit, query.before) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/runs/{id}',
      summary: 'A run as it is now.',
      tag: 'runs',
      params: runParams,
      answers: { 200: runAnswer('What `groundswell run --json` prints.') },
      errors: ['RUN_UNKNOWN', 'STORE_UNAVAILABLE'],
      handle: async ({ params }) => ({ status: 200, json: await directory.result(params.id) }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/runs/{id}',
      summary: 'Remove an ended run and all that was measured in it.',
      tag: 'runs',
      params: runParams,
      answers: { 204: { description: 'It is gone.' } },
      errors: ['RUN_UNKNOWN', 'RUN_ACTIVE', 'STORE_UNAVAILABLE'],
      handle: async ({ params }) => {
        await directory.delete(params.id)
        return { status: 204 }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/runs/{id}/trigger',
      summary: 'Start a run that was created with `hold` and is ready.',
      tag: 'runs',
      params: runParams,
      answers: { 202: runAnswer('Its drivers start together, in a moment.') },
      errors: ['RUN_UNKNOWN', 'RUN_NOT_READY', 'RUN_BEGUN', 'RUN_FINISHED', 'STORE_UNAVAILABLE'],
      handle: async ({ params }) => {
        const run = await liveRunOf(services, params.id)
        await services.inTime(run.trigger())
        return { status: 202, json: await directory.result(params.id) }
      },
    }),
    steering('pause', 'Start no new operations; the load goes on from here at `resume`.'),
    steering('resume', 'End the pause.'),
    steering('stop', 'End the run: nothing new starts, answers under way are awaited.'),
    defineRoute({
      method: 'POST',
      path: '/api/runs/{id}/rate',
      summary: "Multiply the load, relative to the scenario's own.",
      tag: 'runs',
      params: runParams,
      body: { schema: rateSchema },
      answers: { 202: runAnswer('It takes effect within a moment, on all drivers at once.') },
      errors: ['RUN_UNKNOWN', 'RUN_FINISHED', 'RUN_NOT_READY', 'STORE_UNAVAILABLE', 'BUS_UNAVAILABLE'],
      handle: ({ params, body }) => steer(params.id, { command: 'rate', scale: body.scale }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/runs/{id}/steer',
      summary: 'Any of the commands: pause, resume, stop, rate.',
      tag: 'runs',
      params: runParams,
      body: { schema: steerSchema },
      answers: { 202: runAnswer('It takes effect within a moment, on all drivers at once.') },
      errors: ['RUN_UNKNOWN', 'RUN_FINISHED', 'RUN_NOT_READY', 'STORE_UNAVAILABLE', 'BUS_UNAVAILABLE'],
      handle: ({ params, body }) => steer(params.id, body),
    }),
  ]
}

/** Rejects with RUN_FINISHED for one that only the store knows. */
export const liveRunOf = async ({ directory }: ApiServices, id: string) => {
  const found = await directory.find(id)
  if (found.kind === 'live') return found.run
  throw new AppError(
    'RUN_FINISHED',
    found.result.state === 'finished'
      ? `Run ${id} is over.`
      : `Run ${id} is not conducted by this orchestrator.`,
  )
}

import { toAppError } from '../lib/errors.ts'
import { describeLoad } from '../pacing/describe-load.ts'
import { ScenarioInvalid } from '../scenario/scenario-faults.ts'
import type { Validation } from './answer-schemas.ts'
import type { ApiServices } from './api-services.ts'
import { sourceSchema } from './request-schemas.ts'
import { defineRoute, type RawBody, type Route, rawBodyOf } from './route.ts'

/** A scenario is checked as it is typed, by the code that would run it; nothing is kept or run. */
export const scenarioRoutes = (services: ApiServices): Route[] => [
  defineRoute({
    method: 'POST',
    path: '/api/scenarios/validate',
    summary: 'Every fault of a scenario, with its line and column; nothing is run.',
    tag: 'scenarios',
    body: { schema: sourceSchema, isScenario: true },
    answers: {
      200: {
        description: 'As `groundswell validate --json` says it, for valid scenarios and others.',
        content: { 'application/json': 'Validation' },
      },
    },
    errors: ['SCENARIO_UNREADABLE', 'QUEUE_FULL'],
    handle: async ({ request }) => ({ status: 200, json: await validate(services, rawBodyOf(request)) }),
  }),
]

const validate = async (services: ApiServices, body: RawBody): Promise<Validation> => {
  try {
    const { file, loaded } = await services.readScenario(body, false)
    const { record, warnings } = loaded
    return {
      file,
      valid: true,
      name: record.name,
      load: describeLoad(record.load, record.drivers),
      requests: record.http.requests.map(({ name }) => name),
      warnings,
      faults: [],
      faultCount: 0,
    }
  } catch (thrown) {
    const error = toAppError(thrown)
    if (!(error instanceof ScenarioInvalid)) throw thrown
    const { file, faults, total } = error
    return {
      file,
      valid: false,
      name: null,
      load: null,
      requests: [],
      warnings: [],
      faults: [...faults],
      faultCount: total,
    }
  }
}

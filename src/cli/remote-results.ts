import type { Distribution } from '../results/distribution.ts'
import {
  drawnRequests,
  type ReportTimeline,
  type RequestTimeline,
  stepsOf,
} from '../results/report-timeline.ts'
import type { RunResult, TimelineRow } from '../results/run-result.ts'
import type { TimelineRowWithColumns } from '../results/timeline.ts'
import type { OrchestratorClient } from './orchestrator-client.ts'

/** What an orchestrator measured, for the reports of a run that it conducted. */

/** Seconds of the timeline that are asked for at a time. */
const pageSeconds = 600

/** Page by page: a day of rows is not held in memory, here or there. */
export async function* timelineOf(
  client: OrchestratorClient,
  { id, elapsedMs }: RunResult,
): AsyncGenerator<TimelineRow> {
  const path = `/api/runs/${encodeURIComponent(id)}/timeline`
  const seconds = Math.ceil(elapsedMs / 1000) + 1
  for (let from = 0; ; from += pageSeconds) {
    const rows = await client.ask<TimelineRow[]>('GET', `${path}?from=${from}&to=${from + pageSeconds}`)
    yield* rows
    // Late reports may lie behind the end.
    if (from + pageSeconds >= seconds && rows.length === 0) return
  }
}

/** All seconds together; undefined where that cannot be had: the reports do without their pictures of it. */
export const wholeOf = async (client: OrchestratorClient, id: string): Promise<Distribution | undefined> => {
  try {
    return await client.ask<Distribution>(
      'GET',
      `/api/runs/${encodeURIComponent(id)}/seconds/0?to=${2 ** 31 - 1}`,
    )
  } catch {
    return undefined
  }
}

/** As it is collected from the seconds themselves where those are. */
export const chartsOf = async (
  client: OrchestratorClient,
  result: RunResult,
  whole: Distribution | undefined,
): Promise<ReportTimeline> => {
  const { step, tableStep, requestStep } = stepsOf(result.elapsedMs)
  const timeline = `/api/runs/${encodeURIComponent(result.id)}/timeline`
  const path = `${timeline}?request=*`
  const requests: RequestTimeline[] = []
  for (const name of drawnRequests(result)) {
    const query = `request=${encodeURIComponent(name)}&step=${requestStep}`
    requests.push({ name, rows: await client.ask<TimelineRow[]>('GET', `${timeline}?${query}`) })
  }
  return {
    step,
    rows: await client.ask<TimelineRowWithColumns[]>('GET', `${path}&step=${step}&columns=true`),
    tableStep,
    tableRows: await client.ask<TimelineRow[]>('GET', `${path}&step=${tableStep}`),
    responseTime: whole?.responseTime.bars ?? [],
    serviceTime: whole?.serviceTime.bars ?? [],
    requestStep,
    requests,
  }
}

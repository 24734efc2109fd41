import { Readable } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { emptyMeasurement, plus } from '../measuring/measurement.ts'
import { type Distribution, distributionOf } from '../results/distribution.ts'
import { renderHtmlReport } from '../results/html/html-report.ts'
import { servedPolicy } from '../results/html/report-policy.ts'
import { renderReportCsv } from '../results/report-csv.ts'
import { renderReportJson } from '../results/report-json.ts'
import { renderReportJunit } from '../results/report-junit.ts'
import { renderReportMarkdown } from '../results/report-markdown.ts'
import { collectReportTimeline } from '../results/report-timeline.ts'
import type { TimelineRow } from '../results/run-result.ts'
import { measurementOf } from '../results/run-update.ts'
import { firstSecondOf, type TimelineQuery, timelineOf } from '../results/timeline.ts'
import type { ApiServices } from './api-services.ts'
import { runParams, secondParams, secondQuery, timelineQuery } from './request-schemas.ts'
import { defineRoute, type Reply, type Route } from './route.ts'

const json = 'application/json'
const csv = 'text/csv; charset=utf-8'
const errors = ['RUN_UNKNOWN', 'STORE_UNAVAILABLE'] as const

/** What was measured: second by second, in full, and as reports. */
export const reportRoutes = (services: ApiServices): Route[] => {
  const { directory, options } = services

  const timeline = async (id: string, query: TimelineQuery): Promise<AsyncIterable<TimelineRow>> => {
    const found = await directory.find(id)
    const seconds = directory.seconds(found, firstSecondOf(query), query.to)
    const rows = timelineOf(seconds, query)
    // The first row now: what the store cannot read shall be an error, not an answer that breaks off.
    const first = await rows.next()
    return (async function* () {
      if (first.done === true) return
      yield first.value
      yield* rows
    })()
  }
  const report = (ending: string, type: string, render: (id: string) => Promise<string | Readable>): Route =>
    defineRoute({
      method: 'GET',
      path: `/api/runs/{id}/report.${ending}`,
      summary: `The report that \`--out\` writes, as ${ending}.`,
      tag: 'runs',
      params: runParams,
      answers: {
        200: {
          description: 'The file.',
          content: { [type.split(';')[0] ?? type]: type === json ? 'RunResult' : 'text' },
        },
      },
      errors,
      handle: async ({ params }): Promise<Reply> => {
        const body = await render(params.id)
        const headers = {
          'content-disposition': `inline; filename="${fileNameOf(params.id)}.${ending}"`,
          ...(ending === 'html' ? { 'content-security-policy': servedPolicy } : {}),
        }
        return typeof body === 'string'
          ? { status: 200, text: body, type, headers }
          : { status: 200, stream: body, type, headers }
      },
    })

  return [
    defineRoute({
      method: 'GET',
      path: '/api/runs/{id}/timeline',
      summary: 'A row for each second and request, as JSON or, with `Accept: text/csv`, as CSV.',
      tag: 'runs',
      params: runParams,
      query: timelineQuery,
      answers: {
        200: { description: 'In order of the seconds.', content: { [json]: 'Timeline', 'text/csv': 'text' } },
      },
      errors,
      handle: async ({ params, query, request }): Promise<Reply> => {
        const { columns, request: name, ...rest } = query
        const rows = await timeline(params.id, {
          ...rest,
          columns: columns === 'true',
          ...(name === undefined ? {} : { request: name }),
        })
        return prefersCsv(request.headers.accept)
          ? { status: 200, stream: streamOf(renderReportCsv(rows), options.clock), type: csv }
          : { status: 200, stream: streamOf(jsonArray(rows), options.clock), type: json }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/runs/{id}/seconds/{second}',
      summary: 'Every response time of a second, or of a span of seconds: bars and percentiles.',
      tag: 'runs',
      params: secondParams,
      query: secondQuery,
      answers: { 200: { description: 'The whole distribution.', content: { [json]: 'Distribution' } } },
      errors: [...errors],
      handle: async ({ params, query }) => {
        const { id, second } = params
        const to = query.to ?? second + 1
        if (to <= second) throw new AppError('REQUEST_INVALID', 'query.to: it lies before the first second.')
        return { status: 200, json: await spanOf(services, { id, request: query.request, from: second, to }) }
      },
    }),
    report('json', json, async (id) => renderReportJson(await directory.result(id))),
    report('junit.xml', 'application/xml; charset=utf-8', async (id) =>
      renderReportJunit(await directory.result(id)),
    ),
    report('html', 'text/html; charset=utf-8', async (id) => {
      const found = await directory.find(id)
      const result = found.kind === 'live' ? directory.resultOf(found.run) : found.result
      const seconds = directory.seconds(found, 0, Number.MAX_SAFE_INTEGER)
      const charts = await collectReportTimeline(seconds, result, () => turn(options.clock))
      return renderHtmlReport({ result, timeline: charts, version: options.version })
    }),
    report('md', 'text/markdown; charset=utf-8', async (id) =>
      renderReportMarkdown(await directory.result(id)),
    ),
    report('csv', csv, async (id) => {
      const rows = await timeline(id, { from: 0, to: Number.MAX_SAFE_INTEGER, step: 1, columns: false })
      return streamOf(renderReportCsv(rows), options.clock)
    }),
  ]
}

const spanOf = async (
  { directory }: ApiServices,
  span: { id: string; request: string; from: number; to: number },
): Promise<Distribution> => {
  const found = await directory.find(span.id)
  let sum = emptyMeasurement
  for await (const row of directory.seconds(found, span.from, span.to))
    sum = plus(sum, measurementOf(row.measurements, span.request))
  return distributionOf(sum, span)
}

const prefersCsv = (accept: string | undefined): boolean => {
  if (accept === undefined) return false
  const at = (type: string): number => accept.indexOf(type)
  return at('text/csv') !== -1 && (at(json) === -1 || at('text/csv') < at(json))
}

/** About a socket's write. */
const chunkLength = 65_536

async function* jsonArray(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  let chunk = '['
  let separator = ''
  for await (const row of rows) {
    chunk += `${separator}${JSON.stringify(row)}`
    separator = ',\n'
    if (chunk.length < chunkLength) continue
    yield chunk
    chunk = ''
  }
  yield `${chunk}]\n`
}

const turn = (clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    clock.soon(resolve)
  })

/** Lets others have their turn between chunks: a long timeline is many milliseconds of work. */
const streamOf = (chunks: AsyncIterable<string>, clock: Clock): Readable =>
  Readable.from(
    (async function* () {
      for await (const chunk of chunks) {
        yield chunk
        await turn(clock)
      }
    })(),
    { objectMode: false },
  )

const fileNameOf = (id: string): string => id.replace(/[^\w.-]/g, '_')

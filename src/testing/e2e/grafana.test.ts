import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { ApiWorld } from '../api-world.ts'
import { skipWithout } from '../components.ts'
import { blocksOf } from '../document-parts.ts'
import {
  type GrafanaPanel,
  type GrafanaTarget,
  grafanaDirectory,
  labelsIn,
  metricsIn,
  readGrafanaDashboard,
  substitute,
} from '../grafana-dashboard.ts'
import { type PrometheusSeries, PrometheusServer } from '../prometheus-server.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { waitFor } from '../wait-for.ts'

const dashboard = readGrafanaDashboard()
const panels = dashboard.panels.filter(({ type }) => type !== 'row')

/** They come with every Grafana. */
const corePanels = ['row', 'stat', 'timeseries', 'heatmap', 'state-timeline']

/** Panels that may show nothing, and why. */
const mayBeEmpty = new Map([['Rejected messages', 'every message on the bus of this test can be understood']])

const token = 'a-token-of-this-test'
const requestNames = ['fast "one"', 'broken']

describe('the Grafana dashboard', () => {
  it('says of every panel what it shows, in which unit, in plain words', () => {
    for (const { title, description, fieldConfig, targets } of panels) {
      assert.match(title, /^[A-Za-z]/)
      assert.match(description ?? '', /^[A-Z].{20,}\.$/, title)
      assert.notEqual(fieldConfig?.defaults.unit ?? '', '', title)
      assert.ok((targets ?? []).length > 0, title)
    }
  })

  it('shows seconds as seconds, bytes as bytes and shares as shares', () => {
    const units: [metric: RegExp, unit: string][] = [
      [/process_cpu_seconds_total|_ratio\{|errors_total.* \/ sum/, 'percentunit'],
      [/_bytes(_total)?\b/, 'bytes'],
      [/histogram_quantile|_seconds(_sum)?\{/, 's'],
      [/_per_second\{|rate\(groundswell_(requests|responses|request_errors|driver_sent)/, 'reqps'],
    ]
    let told = 0
    for (const { title, type, fieldConfig, targets = [] } of panels)
      for (const { expr } of targets) {
        const [, unit] = units.find(([metric]) => metric.test(expr)) ?? []
        if (unit === undefined || type === 'heatmap') continue
        assert.equal(fieldConfig?.defaults.unit, unit, `${title}: ${expr}`)
        told++
      }
    assert.ok(told > 25, `${told} queries`)
  })

  it('asks for the service time where it says so, and nowhere else', () => {
    const lines = panels.flatMap(({ targets = [] }) => targets)
    for (const { expr, legendFormat } of lines)
      assert.equal(
        expr.includes('service_time'),
        legendFormat.startsWith('service '),
        `${legendFormat}: ${expr}`,
      )
    assert.equal(lines.filter(({ expr }) => expr.includes('service_time')).length, 2)
  })

  it('has no panel twice: not its number, not its title, not its place', () => {
    const ids = dashboard.panels.map(({ id }) => id)
    assert.deepEqual(ids, [...new Set(ids)])
    const titles = dashboard.panels.map(({ title }) => title)
    assert.deepEqual(titles, [...new Set(titles)])
    const cells = new Map<string, string>()
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.equal(cells.get(`${x} ${y}`), undefined, `${title} covers another`)
          cells.set(`${x} ${y}`, title)
        }
    }
  })

  it('needs no plugin, and asks only the data source that was chosen', () => {
    for (const { title, type, targets = [] } of dashboard.panels) {
      assert.ok(corePanels.includes(type), `${title}: ${type}`)
      const refs = targets.map(({ refId }) => refId)
      assert.deepEqual(refs, [...new Set(refs)], title)
      for (const { datasource, instant, range, format } of targets) {
        assert.deepEqual(datasource, { type: 'prometheus', uid: '${' + 'datasource}' })
        assert.notEqual(instant, range, title)
        assert.equal(format, type === 'heatmap' ? 'heatmap' : 'time_series', title)
      }
    }
    assert.deepEqual(
      dashboard.templating.list.map(({ name }) => name),
      ['datasource', 'run', 'request'],
    )
    assert.ok(dashboard.schemaVersion >= 39)
  })
})

describe('a Prometheus that scrapes an orchestrator as documented', {
  skip: skipWithout('prometheus'),
}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'groundswell-grafana-'))
  const began = Date.now() / 1000
  let target: RealTarget
  let world: ApiWorld
  let prometheus: PrometheusServer
  let result: RunResult
  let exposition = ''
  let values: Record<string, string> = {}

  const ask = (method: string, path: string, body?: unknown) =>
    world.ask(method, path, body, { authorization: `Bearer ${token}` })

  before(async () => {
    target = await startRealTarget((request, response, n) => {
      if (request.url === '/broken' && n % 2 === 0) response.statusCode = 500
      setTimeout(() => response.end('ok'), request.url === '/broken' ? 30 : 0)
    })
    world = await ApiWorld.start({ token, processUsage: usage })
    prometheus = await PrometheusServer.start(documentedConfiguration(world.url))
    await waitFor(
      'the first scrape',
      async () => (await prometheus.query('groundswell_build_info'))[0],
      60_000,
    )
    const created = await ask('POST', '/api/runs', {
      scenario: {
        name: 'grafana',
        drivers: 2,
        http: {
          target: target.url,
          requests: [
            { name: requestNames[0], get: '/', weight: 3 },
            { name: requestNames[1], get: '/broken', check: { status: 200 } },
          ],
        },
        load: { rate: '40/s', duration: '8s' },
        slo: ['p99 < 30s', 'errors < 1%'],
      },
    })
    assert.equal(created.status, 201, created.text)
    const { id } = created.json as { id: string }
    assert.equal((await ask('GET', '/api/runs/nowhere')).status, 404)
    await waitFor(
      'the end, scraped',
      async () => (await prometheus.query(`groundswell_run_outcome{run="${id}"}`))[0],
      120_000,
    )
    result = (await ask('GET', `/api/runs/${id}`)).json as RunResult
    exposition = (await ask('GET', '/metrics')).text
    values = {
      run: id,
      request: '.*',
      __rate_interval: '4s',
      __range: `${Math.ceil(Date.now() / 1000 - began)}s`,
      __range_s: String(Math.ceil(Date.now() / 1000 - began)),
    }
  })

  after(async () => {
    await prometheus?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
    await target?.[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  /** The block of the guide, with the address and the token of this test. */
  const documentedConfiguration = (url: string): string => {
    const guide = readFileSync(join(grafanaDirectory, 'README.md'), 'utf8')
    const text = blocksOf(guide).find(({ language }) => language === 'yml')?.text ?? ''
    const tokenFile = join(directory, 'token')
    writeFileSync(tokenFile, token)
    const changes = [
      ['/etc/prometheus/groundswell.token', tokenFile],
      ['orchestrator:8001', new URL(url).host],
      ['scrape_interval: 5s', 'scrape_interval: 1s'],
    ] as const
    return changes.reduce((sofar, [documented, here]) => {
      assert.ok(sofar.includes(documented), documented)
      return sofar.replace(documented, here)
    }, text)
  }

  const run = ({ expr, instant }: Pick<GrafanaTarget, 'expr' | 'instant'>): Promise<PrometheusSeries[]> => {
    const query = substitute(expr, values)
    const now = Date.now() / 1000
    return instant ? prometheus.query(query, now) : prometheus.queryRange(query, began, now, 1)
  }

  const panel = (title: string): GrafanaPanel =>
    panels.find((one) => one.title === title) ?? assert.fail(`no panel ${title}`)

  const lastOf = async (title: string, index = 0): Promise<number | undefined> => {
    const [series] = await run(panel(title).targets?.[index] ?? assert.fail(`${title} has no query ${index}`))
    return series?.samples.at(-1)?.[1]
  }

  for (const { title, targets = [] } of panels)
    it(`answers the queries of "${title}"`, async () => {
      for (const target of targets) {
        const series = await run(target)
        const told = mayBeEmpty.has(title) || series.some(({ samples }) => samples.length > 0)
        assert.ok(told, `nothing for ${target.expr}`)
        for (const { labels, samples } of series) {
          for (const label of labelsIn(target.legendFormat))
            assert.ok(label in labels, `${target.expr}: ${label}`)
          assert.ok(mayBeEmpty.has(title) || samples.some(([, value]) => !Number.isNaN(value)), target.expr)
        }
        if (target.legendFormat.includes('{{')) continue
        assert.ok(series.length <= 1, `${target.expr}: ${series.length} series under one name`)
      }
    })

  it('finds the run and its requests for the choices at the top', async () => {
    const [, runs, requests] = dashboard.templating.list
    const queryOf = (variable: typeof runs): string => {
      const query = variable?.query ?? ''
      return substitute(typeof query === 'string' ? query : query.query, values)
    }
    const [, listed = ''] = /^query_result\((.+)\)$/.exec(queryOf(runs)) ?? []
    const [first] = await prometheus.query(listed)
    // As Grafana writes a series before it applies the expression.
    const pairs = Object.entries(first?.labels ?? {}).map(([label, value]) => `${label}="${value}"`)
    const [, pattern = ''] = /^\/(.+)\/$/.exec(runs?.regex ?? '') ?? []
    assert.equal(new RegExp(pattern).exec(`{${pairs.join(',')}} 1 1`)?.[1], values.run)

    const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(queryOf(requests)) ?? []
    const found = await prometheus.ask(`label/${label}/values`, { 'match[]': selector })
    assert.deepEqual(found, requestNames.toSorted())
    assert.equal(requests?.allValue, '.*')
  })

  it('shows one request alone where that is chosen', async () => {
    const [requests] = panel('Requests').targets ?? []
    const query = substitute(requests?.expr ?? '', { ...values, request: 'broken' })
    const [series] = await prometheus.query(query)
    const measured = result.requests.find(({ name }) => name === 'broken')
    assert.equal(series?.samples[0]?.[1], measured?.totals.started)
  })

  it('shows the figures of the API', async () => {
    assert.equal(await lastOf('Requests'), result.totals.started)
    const errors = Object.values(result.totals.errors).reduce((sum, count) => sum + count, 0)
    assert.ok(errors > 10)
    assert.equal(await lastOf('Share of errors'), errors / result.totals.started)
    assert.equal((await lastOf('Time since the start')) ?? 0, result.elapsedMs / 1000)
    const [outcome] = await run(panel('Outcome').targets?.[0] ?? assert.fail('no query'))
    assert.equal(outcome?.labels.outcome, result.outcome)
    const [state] = await run(panel('State').targets?.[0] ?? assert.fail('no query'))
    assert.deepEqual([state?.labels.state, state?.labels.name], ['finished', 'grafana'])
    const slos = await run(panel('SLOs').targets?.[0] ?? assert.fail('no query'))
    assert.deepEqual(
      slos.map(({ labels, samples }) => [labels.slo, samples[0]?.[1] === 1]).toSorted(),
      result.slo.map(({ text, passed }) => [text, passed]).toSorted(),
    )
    const start = dashboard.annotations.list.find(({ expr }) => expr !== undefined)
    const [mark] = await run({ expr: start?.expr ?? '', instant: false })
    assert.equal(mark?.samples[0]?.[1], Date.parse(result.startedAt ?? ''))
  })

  it('shows percentiles between the bounds of the bucket that holds the true one', async () => {
    // Over the whole run at once, as the percentile of the API is.
    const [, , p99] = panel('Percentiles of response time').targets ?? []
    const whole = substitute(p99?.expr ?? '', { ...values, __rate_interval: values.__range ?? '' })
    const [series] = await prometheus.query(whole)
    const estimate = series?.samples[0]?.[1] ?? Number.NaN
    const exact = (result.responseTimeMs.p99 ?? Number.NaN) / 1000
    const bounds = [...exposition.matchAll(/response_time_seconds_bucket\{[^}]*le="([\d.e-]+)"/g)].map(
      secondOf,
    )
    const upper = Math.min(...bounds.filter((bound) => bound >= exact))
    const lower = Math.max(0, ...bounds.filter((bound) => bound < exact))
    assert.ok(
      estimate > lower * 0.99 && estimate <= upper * 1.01,
      `${lower} < ${estimate} <= ${upper} (${exact})`,
    )
  })

  it('names every metric of the orchestrator, and no other', () => {
    const queries = [
      ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      ...dashboard.annotations.list.map(({ expr = '' }) => expr),
      ...dashboard.templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
    ]
    const used = new Set(queries.flatMap(metricsIn).map((name) => name.replace(/_(bucket|sum|count)$/, '')))
    const told = [...exposition.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? '')
    assert.deepEqual([...used].toSorted(), told.toSorted())
  })
})

const secondOf = ([, text]: RegExpMatchArray): number => Number(text)

const usage = () => {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() }
}

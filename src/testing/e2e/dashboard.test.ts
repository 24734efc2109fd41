import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { formatRate } from '../../lib/rate.ts'
import type { RunResult, TimelineRow } from '../../results/run-result.ts'
import type { RunUpdate, UpdateSecond } from '../../results/run-update.ts'
import { formatCount, formatTime, sumCounts } from '../../results/summary-text-figures.ts'
import { launchBrowser } from '../browser.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { DashboardPage, figureOf } from '../dashboard-page.ts'
import { Deployment, type RoleProcess, startRole } from '../deployment.ts'
import { countColours, type RunPageReading } from '../in-page.mjs'
import { assertAccessible, assertTabOrder } from '../page-checks.ts'
import { HeardStream } from '../read-stream.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { waitFor } from '../wait-for.ts'

/** Some of the answers are errors and some are slow, so that there is something to see. */
const startUnevenTarget = (): Promise<RealTarget> =>
  startRealTarget((_request, response, n) => {
    if (n % 10 === 0) response.statusCode = 503
    setTimeout(() => response.end('ok'), n % 7 === 0 ? 40 : 1)
  })

const scenarioOf = (name: string, url: string, load: string, more = ''): string =>
  `name: ${name}\nhttp: { target: "${url}", requests: [{ get: / }, { name: other, get: /other }] }\nload: ${load}\n${more}`

const getJson = async <T>(url: string): Promise<T> => {
  const response = await fetch(url)
  assert.equal(response.status, 200, url)
  return (await response.json()) as T
}

/** Every second of the run's chart is that of the API: none is missing, none differs. */
const assertNoHole = async (dashboard: DashboardPage, api: string, id: string): Promise<void> => {
  const timeline = await getJson<TimelineRow[]>(`${api}/api/runs/${id}/timeline?request=*`)
  const { elapsedMs } = await getJson<RunResult>(`${api}/api/runs/${id}`)
  assert.ok(timeline.length >= Math.floor(elapsedMs / 1000))
  for (const { from, to, cell } of await readChart(dashboard, 'Rate', timeline.length)) {
    const seconds = timeline.filter(({ second }) => second >= from && second < to)
    assert.equal(seconds.length, to - from, `seconds ${from} to ${to} of the API`)
    for (const name of ['sent', 'answered'] as const) {
      const mean = seconds.reduce((sum, second) => sum + second[name], 0) / seconds.length
      const shown = cell(name)
      const told = `${name} from second ${from} to ${to}: ${shown} shown, ${mean} in the API`
      assert.ok(Math.abs(shown - mean) <= Math.max(0.51, mean / 100), told)
    }
  }
  for (const { from, to, cell } of await readChart(dashboard, heatMap, timeline.length)) {
    const seconds = timeline.filter(({ second }) => second >= from && second < to)
    const answers = seconds.reduce((sum, { responseTimeMs }) => sum + responseTimeMs.count, 0)
    assert.equal(cell('answers'), answers, `the heat map from second ${from} to ${to}`)
  }
}

const heatMap = 'Heat map of all answers'

/** A chart's rows as numbers, whole to the run's last second. */
const readChart = async (
  dashboard: DashboardPage,
  name: string,
  seconds: number,
): Promise<{ from: number; to: number; cell: (column: string) => number }[]> => {
  const [heading = [], ...rows] = await dashboard.table(name)
  const begins = rows.map(([time = '']) => secondOf(time))
  assert.ok(begins.length > 5)
  assert.equal(begins[0], 0)
  return rows.map((row, i) => ({
    from: begins[i] ?? 0,
    to: begins[i + 1] ?? seconds,
    cell: (column) => Number(row[heading.indexOf(column)]?.replaceAll(',', '') ?? Number.NaN),
  }))
}

/** Of `0:14` or `0:14–0:16`. */
const secondOf = (text: string): number => {
  const parts = /^(?:(\d+):)?(\d+):(\d\d)/.exec(text)?.slice(1).map(Number) ?? []
  const [hours, minutes, seconds] = parts.map((part) => (Number.isNaN(part) ? 0 : part))
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? Number.NaN)
}

/** The newest second whose figures the page shows; -1 before the first. */
const lastSecondOf = ({ tiles }: RunPageReading): number => {
  const [, position] = tiles.map(({ window }) => /^last second, ([\d:]+)$/.exec(window)).find(Boolean) ?? []
  return position === undefined ? -1 : secondOf(position)
}

const awaitSecond = (dashboard: DashboardPage, second: number): Promise<RunPageReading> =>
  dashboard.awaitReading(`second ${second}`, (reading) => lastSecondOf(reading) >= second)

/** What the page shows beside a number of the stream is what the stream said under that number. */
const assertSameSeq = async (
  dashboard: DashboardPage,
  heard: HeardStream,
  fromSecond: number,
): Promise<number> => {
  const reading = await awaitSecond(dashboard, fromSecond)
  const second = lastSecondOf(reading)
  await waitFor('the same update', () => heard.updates.some(({ id }) => id === reading.seq), 30_000)
  const updates = heard.updates.map(({ data }) => data as unknown as RunUpdate)
  const seconds = new Map<number, UpdateSecond>()
  for (const update of updates)
    if (update.seq <= reading.seq) for (const row of update.seconds) seconds.set(row.second, row)
  const update = updates.find(({ seq }) => seq === reading.seq) ?? assert.fail('no update')
  const last = seconds.get(second) ?? assert.fail(`second ${second} was not told`)
  assert.equal(second, Math.max(...seconds.keys()))
  assert.deepEqual(
    [
      figureOf(reading, 'Sent', /run so far/, 'requests'),
      figureOf(reading, 'In flight', /now/, 'requests'),
      figureOf(reading, 'Errors', /run so far/, 'count'),
      figureOf(reading, 'Rate', /last second/, 'answered'),
      figureOf(reading, 'Response time', /last second/, 'p50'),
      figureOf(reading, 'Response time', /last second/, 'p99'),
      figureOf(reading, 'Send lateness', /last second/, 'p99'),
    ],
    [
      formatCount(update.totals.sent),
      formatCount(update.totals.inFlight),
      formatCount(sumCounts(update.totals.errors)),
      formatRate(last.answered),
      formatTime(last.responseTimeMs.median),
      formatTime(last.responseTimeMs.p99),
      formatTime(last.sendLatenessMs.p99),
    ],
    `seq ${reading.seq}`,
  )
  return reading.seq
}

describe('the dashboard of a real orchestrator', { skip: skipWithout('chromium') }, () => {
  let browser: Browser
  let target: RealTarget

  before(async () => {
    browser = await launchBrowser()
    target = await startUnevenTarget()
  })

  after(async () => {
    await browser?.close()
    await target?.[Symbol.asyncDispose]()
  })

  describe('that has its drivers here', () => {
    let role: RoleProcess
    let api = ''

    before(async () => {
      role = await startRole(['orchestrator', '--listen', '127.0.0.1:0', '--store', 'none'])
      api = String(role.facts.url)
    })

    after(async () => {
      await role?.kill('SIGTERM')
    })

    const resultOf = (id: string): Promise<RunResult> => getJson(`${api}/api/runs/${id}`)

    it('starts an example with the mouse and tells how it ended', async () => {
      await using dashboard = await DashboardPage.open(browser, api)
      await dashboard.page.getByRole('combobox', { name: 'Example' }).selectOption('rate')
      const id = await dashboard.startWhatIsThere()
      await dashboard.awaitReading('its end', ({ conn }) => conn === 'ended', 120_000)
      const { outcome, totals } = await resultOf(id)
      const reading = await dashboard.read()
      assert.equal(reading.state, outcome)
      assert.notEqual(reading.verdict, '')
      assert.equal(figureOf(reading, 'Sent', /whole run/, 'requests'), formatCount(totals.sent))
      await dashboard.page.getByRole('link', { name: 'Runs' }).click()
      await dashboard.page.locator(`a[href="#/runs/${id}"]`).waitFor()
      dashboard.watched.assertClean()
    })

    it('shows the numbers of the stream, is steered with the mouse, and loses nothing by a reload', async () => {
      await using dashboard = await DashboardPage.open(browser, api)
      const { page } = dashboard
      const scenario = scenarioOf('steered', target.url, '{ rate: 40/s, duration: 120s }', 'slo: p99 < 20s')
      const id = await dashboard.startRun(scenario)
      const heard = new HeardStream(`${api}/api/runs/${id}/events`)
      try {
        const early = await assertSameSeq(dashboard, heard, 4)
        const later = await assertSameSeq(dashboard, heard, 6)
        assert.ok(later > early)

        await page.getByRole('button', { name: '+10 %' }).click()
        await waitFor('the new rate', async () => (await resultOf(id)).steering[0], 60_000)
        await dashboard.awaitReading('44/s asked', (reading) =>
          figureOf(reading, 'Rate', /last second/, 'asked').startsWith('44'),
        )
        await page.getByRole('button', { name: 'Pause' }).click()
        await dashboard.awaitReading('the pause', ({ state }) => state === 'paused')
        assert.equal((await resultOf(id)).state, 'paused')

        await page.reload({ waitUntil: 'domcontentloaded' })
        await dashboard.awaitReading('the pause again', ({ state }) => state === 'paused')
        await page.getByRole('button', { name: 'Resume' }).click()
        await dashboard.awaitReading('the load again', ({ state }) => state === 'running')

        await page.getByRole('button', { name: 'Stop', exact: true }).click()
        await page.getByRole('button', { name: 'Stop it' }).click()
        await dashboard.awaitReading('the end', ({ conn, state }) => conn === 'ended' && state === 'stopped')
      } finally {
        heard.leave()
      }
      const result = await resultOf(id)
      assert.deepEqual(
        result.steering.map(({ command }) => command),
        ['rate', 'pause', 'resume', 'stop'],
      )
      const steering = await dashboard.table('Steering')
      assert.equal(steering.length, 1 + result.steering.length)
      await assertNoHole(dashboard, api, id)
      await page.reload({ waitUntil: 'domcontentloaded' })
      await dashboard.awaitReading(
        'the end again',
        ({ conn, state }) => conn === 'ended' && state === 'stopped',
      )
      await assertNoHole(dashboard, api, id)
      dashboard.watched.assertClean()
    })

    it('has a row for each of 8 drivers, with the figures of the API', async () => {
      await using dashboard = await DashboardPage.open(browser, api)
      const id = await dashboard.startRun(
        scenarioOf('eight', target.url, '{ rate: 80/s, duration: 6s }', 'drivers: 8'),
      )
      await dashboard.awaitReading('8 drivers at work', ({ state }) => state === 'running')
      await waitFor('8 rows', async () => (await dashboard.table('Drivers')).length === 9, 60_000)
      await dashboard.awaitReading('the end', ({ conn }) => conn === 'ended', 120_000)
      const { drivers } = await resultOf(id)
      const [heading = [], ...rows] = await dashboard.table('Drivers')
      assert.equal(drivers.length, 8)
      for (const driver of drivers) {
        const row = rows.find(([name]) => name === driver.id) ?? assert.fail(`no row of ${driver.id}`)
        assert.equal(row[heading.indexOf('Sent')], formatCount(driver.totals.sent ?? 0))
      }
      dashboard.watched.assertClean()
    })

    it('can be used by keyboard alone, by ear, and on a phone, in light and dark', async () => {
      const [finished] = (await getJson<{ runs: RunResult[] }>(`${api}/api/runs`)).runs
      assert.ok(finished)
      for (const colorScheme of ['light', 'dark'] as const)
        for (const hash of ['#/', `#/runs/${finished.id}`]) {
          await using dashboard = await DashboardPage.open(browser, `${api}/${hash}`, { colorScheme })
          await dashboard.awaitReading('what it shows', ({ conn }) => conn === 'live' || conn === 'ended')
          await assertAccessible(dashboard.page)
          if (hash !== '#/') {
            const drawn = () => dashboard.page.evaluate(countColours, heatMap)
            await waitFor('a heat map in colours', async () => (await drawn()) > 8, 30_000)
          }
          if (colorScheme === 'light') await assertTabOrder(dashboard.page)
          for (const width of [768, 320]) {
            await dashboard.page.setViewportSize({ width, height: 640 })
            assert.equal(await dashboard.watched.sidewaysPx(), 0, `${hash} at ${width} px`)
          }
          dashboard.watched.assertClean()
        }
    })

    it('is as usable while a run goes on', async () => {
      await using dashboard = await DashboardPage.open(browser, api, { width: 320, height: 640 })
      await dashboard.startRun(
        scenarioOf('live', target.url, '{ rate: 40/s, duration: 120s }', 'slo: p99 < 1ms'),
      )
      await awaitSecond(dashboard, 4)
      assert.equal(await dashboard.watched.sidewaysPx(), 0)
      await assertAccessible(dashboard.page)
      await dashboard.page.getByRole('button', { name: 'Stop', exact: true }).click()
      await dashboard.page.getByRole('button', { name: 'Stop it' }).click()
      await dashboard.awaitReading('the end', ({ conn }) => conn === 'ended')
      dashboard.watched.assertClean()
    })
  })

  describe('with drivers over Kafka', { skip: skipWithout('kafka') }, () => {
    it('says since when it is stale, recovers by itself, and has no hole', async () => {
      await using deployment = new Deployment(requireKafka().brokers)
      const orchestrator = await deployment.startOrchestrator()
      await Promise.all([deployment.startDriver(), deployment.startDriver()])
      await deployment.awaitFree(2)
      const api = String(orchestrator.facts.url)
      await using dashboard = await DashboardPage.open(browser, api)
      const id = await dashboard.startRun(
        scenarioOf('killed', target.url, '{ rate: 40/s, duration: 24s }', 'drivers: 2'),
      )
      const before = await awaitSecond(dashboard, 5)
      assert.deepEqual([before.conn, before.alert], ['live', ''])

      dashboard.watched.allow(/net::ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)/)
      await orchestrator.kill('SIGKILL')
      const stale = await dashboard.awaitReading('it to say so', ({ conn }) => conn === 'stale')
      assert.match(stale.alert, /stale since \d\d:\d\d:\d\d/)
      assert.equal(stale.run, id)

      await deployment.startOrchestrator(['--listen', new URL(api).host])
      const again = await dashboard.awaitReading(
        'it to go on',
        ({ conn }) => conn === 'live' || conn === 'ended',
      )
      assert.equal(again.alert, '')
      await dashboard.awaitReading('the end', ({ conn }) => conn === 'ended', 120_000)
      const result = await getJson<RunResult>(`${api}/api/runs/${id}`)
      const reading = await dashboard.read()
      assert.equal(reading.state, result.outcome)
      assert.equal(figureOf(reading, 'Sent', /whole run/, 'requests'), formatCount(result.totals.sent))
      assert.equal(result.totals.started, 40 * 24)
      await assertNoHole(dashboard, api, id)
      dashboard.watched.assertClean()
    })
  })
})

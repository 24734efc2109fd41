import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { RunResult } from '../../results/run-result.ts'
import { formatTime } from '../../results/summary-text-figures.ts'
import { ApiWorld } from '../api-world.ts'
import { launchBrowser, until, WatchedPage } from '../browser.ts'
import { skipWithout } from '../components.ts'
import { noTimes, sampleFigures, sampleResult } from '../sample-result.ts'
import { sampleSecond } from '../sample-seconds.ts'
import { waitFor } from '../wait-for.ts'

/** Two runs side by side, in a real browser. */

const hostile = '<img src=x onerror="window.wasRun=1">"\'`</script><b>&amp;'

let browser: Browser
const skip = skipWithout('chromium')
if (skip === false) {
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser.close())
}

const base = sampleResult({ id: 'before' })
const slower: RunResult = {
  ...sampleResult({
    id: 'after',
    seed: 43,
    labels: { build: '1.5.0' },
    scenario: { ...base.scenario, load: { ...base.scenario.load, kind: 'rate', perSecond: 3000 } as never },
  }),
  ...sampleFigures(50_000, 30),
}

/** A minute whose answers take about so long, as a real target's: a body, and a tail. */
const keep = (world: ApiWorld, result: RunResult, medianUs: number): void =>
  world.store.keep(
    result,
    Array.from({ length: 30 }, (_, second) =>
      sampleSecond(
        second,
        ...Array.from({ length: 100 }, (_, i) =>
          Math.round(medianUs * (0.6 + (i % 40) / 50 + (i % 37 === 0 ? 4 : 0))),
        ),
      ),
    ),
  )

const open = async (watched: WatchedPage, world: ApiWorld, a: string, b: string): Promise<Page> => {
  const { page } = watched
  await page.goto(`${world.url}/#/compare/${encodeURIComponent(a)}/${encodeURIComponent(b)}`, {
    waitUntil: 'domcontentloaded',
  })
  await until(page, 'both runs', "['ended', 'failed'].includes(document.documentElement.dataset.conn)")
  return page
}
const shown = (page: Page) =>
  until(page, 'the charts', "document.querySelector('[data-charts=drawn]') !== null")

describe('two runs side by side', { skip }, () => {
  let world: ApiWorld
  let watched: WatchedPage
  before(async () => {
    world = await ApiWorld.start()
    keep(world, base, 12_000)
    keep(world, slower, 30_000)
  })
  after(() => world[Symbol.asyncDispose]())
  beforeEach(async () => {
    watched = await WatchedPage.open(browser)
  })
  afterEach(async () => {
    watched.assertClean()
    await watched[Symbol.asyncDispose]()
  })

  it('says both verdicts, each shift in words, and what differed', async () => {
    const page = await open(watched, world, 'before', 'after')
    const [a, b] = [page.getByRole('region', { name: 'Run A' }), page.getByRole('region', { name: 'Run B' })]
    assert.match(await a.innerText(), /Passed: /)
    assert.match(await b.innerText(), /after/)
    const row = page.getByRole('row', { name: /^Response time p50/ })
    const cells = await row.locator('td').allInnerTexts()
    const share = 30 / (base.responseTimeMs.median ?? 1)
    assert.equal(cells[2], '30 ms')
    assert.match(cells[0] ?? '', share >= 2 ? /times as long/ : /slower|same/)
    const environment = page.getByRole('region', { name: 'Environment of both runs' })
    for (const [name, left, right] of [
      ['Seed', '42', '43'],
      ['Label build', '1.4.2', '1.5.0'],
    ]) {
      const texts = await environment
        .getByRole('row', { name: new RegExp(`^${name}`) })
        .locator('td')
        .allInnerTexts()
      assert.deepEqual(texts, [left, right, 'differs'])
    }
    const scenario = page.getByRole('region', { name: 'Differences of the scenarios' })
    assert.deepEqual(await scenario.locator('tbody tr').first().locator('th, td').allInnerTexts(), [
      'load.perSecond',
      '2000',
      '3000',
    ])
    assert.match(
      await page.getByRole('region', { name: 'Shift from A to B' }).first().innerText(),
      /noise between runs/,
    )
  })

  it('draws two maps on one scale and both curves, each with a table', async () => {
    const page = await open(watched, world, 'before', 'after')
    await shown(page)
    const bars = await page.locator('.heat-scale').allInnerTexts()
    assert.equal(bars.length, 2)
    assert.equal(bars[0], bars[1])
    const curves = page.getByRole('figure', { name: 'Response times of both' })
    await until(page, 'the curves', "document.querySelector('.spectrum-second') !== null")
    const answered = await world.ask('GET', '/api/runs/before/seconds/0?to=30')
    const { responseTime } = answered.json as { responseTime: { figuresMs: { max: number } } }
    const cells = await curves
      .getByRole('row', { name: /^(max|slowest)/ })
      .locator('td')
      .allInnerTexts()
    assert.equal(cells[0], formatTime(responseTime.figuresMs.max))
    assert.notEqual(cells[0], cells[1])
  })

  it('follows one cursor, one choice and one span in both maps', async () => {
    const page = await open(watched, world, 'before', 'after')
    await shown(page)
    await page.getByRole('button', { name: 'Share of its second' }).first().click()
    const pressed = page.getByRole('button', { name: 'Share of its second', pressed: true })
    assert.equal(await pressed.count(), 2)
    await page.getByRole('slider', { name: /^All answers of A/ }).focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Enter')
    await until(
      page,
      'the curves of that second',
      "/^Response times of 0:\\d\\d/.test(document.querySelector('[aria-label=\"Percentile curves\"] p')?.textContent ?? '')",
    )
    const other = await page.getByRole('slider', { name: /^All answers of B/ }).getAttribute('aria-valuenow')
    const own = await page.getByRole('slider', { name: /^All answers of A/ }).getAttribute('aria-valuenow')
    assert.equal(other, own)
  })

  it('changes sides', async () => {
    const page = await open(watched, world, 'before', 'after')
    await page.getByRole('link', { name: 'Swap A and B' }).press('Enter')
    await until(page, 'the other side', "location.hash === '#/compare/after/before'")
    await until(
      page,
      'the shift the other way',
      "/faster/.test(document.querySelector('.compare-shifts tbody tr')?.textContent ?? '')",
    )
    await shown(page)
  })

  it('shows names from outside as text', async () => {
    const labels = { [hostile]: hostile, __proto__: hostile }
    keep(world, { ...sampleResult({ id: 'evil', labels }), name: hostile }, 9000)
    const page = await open(watched, world, 'before', 'evil')
    await shown(page)
    const text = await page.locator('main').innerText()
    assert.ok(text.includes('<img src=x onerror="window.wasRun=1">'), text.slice(0, 400))
    assert.equal(await page.evaluate('window.wasRun'), undefined)
    assert.equal(await page.locator('main img').count(), 0)
  })

  it('takes a run that goes on as it is now, and again when asked', async () => {
    const created = await world.ask('POST', '/api/runs', { id: 'now', scenario: world.scenario(50, 60) })
    assert.equal(created.status, 201)
    await waitFor(
      'some seconds',
      async () => {
        const { json } = await world.ask('GET', '/api/runs/now')
        return (json as RunResult).elapsedMs > 2500
      },
      60_000,
    )
    const page = await open(watched, world, 'before', 'now')
    await shown(page)
    const section = page.getByRole('region', { name: 'Run B' })
    const before = await section.innerText()
    assert.match(before, /Not finished: a snapshot of \d\d:\d\d:\d\d/)
    await page.waitForTimeout(1100)
    await page.getByRole('button', { name: 'Take again' }).click()
    await waitFor('a later snapshot', async () => (await section.innerText()) !== before, 60_000)
    await world.ask('POST', '/api/runs/now/stop')
  })

  it('says what it has of a run without data, and of one that nobody knows', async () => {
    world.store.keep({
      ...sampleResult({ id: 'never', outcome: null, startedAt: null, requests: [], drivers: [] }),
      totals: { ...base.totals, answered: 0, sent: 0, errors: {}, answeredPerSecond: 0 },
      responseTimeMs: noTimes,
      sendLatenessMs: noTimes,
      error: { code: 'DRIVERS_MISSING', message: 'Only one of two drivers came.', hint: '' },
    })
    const page = await open(watched, world, 'never', 'after')
    await shown(page)
    assert.match(await page.locator('main').innerText(), /No second of A has been reported/)
    const row = page.getByRole('row', { name: /^Response time p99 / })
    assert.equal((await row.locator('td').allInnerTexts())[0], 'unknown')
    watched.allow(/status of 404/)
    await page.goto(`${world.url}/#/compare/nobody/after`)
    await until(page, 'why', "/It could not be read/.test(document.querySelector('main').innerText)")
    assert.match(
      await page.getByRole('region', { name: 'Run B' }).innerText(),
      /Passed|Failed|Degraded|Stopped/,
    )
  })
})

it('fits a phone, light and dark', { skip }, async () => {
  await using world = await ApiWorld.start()
  keep(world, base, 12_000)
  keep(world, { ...slower, name: 'w'.repeat(200) }, 30_000)
  for (const colorScheme of ['light', 'dark'] as const) {
    await using watched = await WatchedPage.open(browser, { width: 320, colorScheme })
    const page = await open(watched, world, 'before', 'after')
    await shown(page)
    assert.equal(await watched.sidewaysPx(), 0)
    watched.assertClean()
  }
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startApi } from '../../api/start-api.ts'
import type { RunResult } from '../../results/run-result.ts'
import { ApiWorld } from '../api-world.ts'
import { launchBrowser, until, WatchedPage } from '../browser.ts'
import { skipWithout } from '../components.ts'
import { waitFor } from '../wait-for.ts'

/** The page of a run in a real Chromium, with real drivers. */

let browser: Browser
const skip = skipWithout('chromium')
if (skip === false) {
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser.close())
}

const script = '<script>document.title="owned"</script><img src=x onerror=alert(1)>'
const reordering = '\u202Egnp.exe'

const requests = [
  { name: 'GET /', get: '/', weight: 5 },
  { name: script, get: '/a' },
  { name: reordering, get: '/b' },
  { name: `GET /${'long'.repeat(40)}`, get: '/c' },
]

const startRun = async (world: ApiWorld, id: string, more: Record<string, unknown> = {}): Promise<void> => {
  const scenario = {
    ...world.scenario(80, 600, 2),
    name: 'shop',
    slo: ['p99 < 30s', 'errors < 50%'],
    ...more,
  }
  const { status, text } = await world.ask('POST', '/api/runs', { id, scenario })
  assert.equal(status, 201, text)
}

const openRun = async (
  world: ApiWorld,
  id: string,
  options: { width?: number } = {},
): Promise<WatchedPage> => {
  const watched = await WatchedPage.open(browser, options)
  await watched.page.goto(`${world.url}/#/runs/${id}`, { waitUntil: 'domcontentloaded' })
  return watched
}

/** Updates of the stream since the first that was seen. */
const updates = async (page: Page, least: number): Promise<void> => {
  const seq = 'Number(document.documentElement.dataset.seq)'
  const first = Number(await until(page, 'an update', seq))
  await until(page, `${least} more updates`, `${seq} >= ${first + least}`)
}

const tilesText = "document.querySelector('.run-tiles').innerText"

const resultOf = async (world: ApiWorld, id: string): Promise<RunResult> =>
  (await world.ask('GET', `/api/runs/${id}`)).json as RunResult

const commandsOf = async (world: ApiWorld, id: string): Promise<string[]> =>
  (await resultOf(world, id)).steering.map(({ command, scale }) => `${command} ${scale ?? ''}`.trim())

test('a run is watched live, steered by mouse and keys, held, and ends with its verdict', {
  skip,
  timeout: 240_000,
}, async () => {
  await using world = await ApiWorld.start()
  await startRun(world, 'shop-1')
  await using watched = await openRun(world, 'shop-1')
  const { page } = watched
  await updates(page, 2)
  const text = (selector: string): Promise<string> => page.locator(selector).first().innerText()
  assert.equal(await text('h1.run-name'), 'shop')
  assert.equal(await text('.run-state'), 'running')
  assert.match(await text('.run-lights'), /met\s+p99 .* of 30 s allowed/)
  assert.match(await page.title(), /^shop, running \d:\d\d/)
  assert.equal((await page.getByRole('table').nth(1).getByRole('rowheader').count()) > 0, true)

  // With the mouse.
  await page.getByRole('button', { name: '+10 %' }).click()
  await waitFor('the rate', async () => (await commandsOf(world, 'shop-1')).includes('rate 1.1'), 60_000)
  await page.getByRole('textbox', { name: /^Load/ }).fill('50')
  await page.getByRole('button', { name: 'Apply' }).click()
  await waitFor('half the rate', async () => (await commandsOf(world, 'shop-1')).includes('rate 0.5'), 60_000)
  const load = page.getByRole('textbox', { name: "Load, % of the scenario's own", exact: true })
  await load.fill('450')
  assert.equal(await page.locator('#run-rate-means').innerText(), '= 360/s')
  await until(page, 'that the page knows', "document.querySelector('.run-notes').innerText.trim() === ''")
  // Ten times what runs now is the most without a question; no leaves all as it is, yes is asked for once.
  await load.fill('600')
  await load.press('Enter')
  const question = page.getByRole('group', { name: 'Change the load?' })
  assert.match(await question.innerText(), /600 % = 480\/s: that is 12 times the load that runs now/)
  await page.keyboard.press('Escape')
  assert.equal(await question.isVisible(), false)
  assert.deepEqual(await commandsOf(world, 'shop-1'), ['rate 1.1', 'rate 0.5'])
  assert.equal(await load.inputValue(), '50')
  await load.fill('600')
  await load.press('Enter')
  await question.getByRole('button', { name: 'Change it' }).click()
  await waitFor('it', async () => (await commandsOf(world, 'shop-1')).includes('rate 6'), 60_000)
  await load.fill('50')
  await load.press('Enter')
  await waitFor('the load before it', async () => (await commandsOf(world, 'shop-1')).length === 4, 60_000)
  await page.getByRole('textbox', { name: /^Load/ }).fill('none')
  await page.getByRole('button', { name: 'Apply' }).click()
  await until(
    page,
    'what is wrong with it',
    "document.querySelector('.run-notes').innerText.includes('in percent')",
  )
  await page.getByRole('button', { name: 'Pause' }).click()
  await until(page, 'the pause', "document.querySelector('.run-state')?.innerText === 'paused'")

  // With the keyboard, from nowhere in particular.
  await page.locator('h1.run-name').click()
  await page.evaluate('document.activeElement?.blur()')
  await page.keyboard.press('Space')
  await until(page, 'the resume', "document.querySelector('.run-state')?.innerText === 'running'")
  await page.keyboard.press('-')
  await waitFor(
    'a slower rate',
    async () => (await commandsOf(world, 'shop-1')).includes('rate 0.455'),
    60_000,
  )
  await until(
    page,
    'the log of it all',
    "[...document.querySelectorAll('.run-section')].some((s) => s.innerText.includes('45.5 %'))",
  )

  // A view that is held stays, while the run goes on.
  await page.keyboard.press('h')
  const held = await text('.run-tiles')
  await until(
    page,
    'what is missed',
    "/Held: ([2-9]|\\d\\d) s behind/.test(document.querySelector('.run-controls').innerText)",
  )
  assert.equal(await text('.run-tiles'), held)
  await page.keyboard.press('h')
  await until(page, 'the new seconds', `${tilesText} !== ${JSON.stringify(held)}`)

  // A question, thought better of, and a second time.
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Stop', exact: true }).press('Enter')
  await page.keyboard.press('Enter')
  await until(page, 'the verdict', "document.querySelector('.run-verdict')?.innerText.startsWith('Stopped')")
  await until(page, 'the end', "document.documentElement.dataset.conn === 'ended'")

  // What the page says is what the API says.
  const result = await resultOf(world, 'shop-1')
  const count = result.totals.sent.toLocaleString('en-US')
  await until(page, 'the final totals', `${tilesText}.includes(${JSON.stringify(count)})`)
  const rows = page
    .locator('.run-section', { has: page.getByRole('heading', { name: 'Drivers' }) })
    .locator('tbody tr')
  assert.equal(await rows.count(), result.drivers.length)
  for (const [i, driver] of result.drivers.entries()) {
    const cells = await rows.nth(i).locator('td').allInnerTexts()
    assert.equal(cells[0], 'finished')
    assert.equal(cells[1], (driver.totals.sent ?? 0).toLocaleString('en-US'))
  }
  watched.assertClean()
})

test('names that are markup, reorder their line or have no end are shown as text', {
  skip,
  timeout: 180_000,
}, async () => {
  await using world = await ApiWorld.start()
  const http = { target: world.target.url, requests }
  await startRun(world, 'hostile', { name: script, http, load: { rate: '60/s', duration: '3s' } })
  await using watched = await openRun(world, 'hostile', { width: 360 })
  const { page } = watched
  await until(page, 'the end', "document.documentElement.dataset.conn === 'ended'")
  await until(page, 'all names', `document.querySelectorAll('.run-choose').length === ${requests.length}`)
  assert.equal(await page.locator('h1.run-name').innerText(), script)
  const names = await page.locator('.run-choose').allInnerTexts()
  assert.ok(names.includes(script) && names.includes('gnp.exe'), names.join())
  assert.ok(names.every((name) => name.length <= 90))
  assert.equal(await page.locator('main img, main script').count(), 0)
  assert.equal(await watched.sidewaysPx(), 0)

  // Chosen by its name, whatever that is.
  await page.locator('.run-choose', { hasText: 'gnp.exe' }).click()
  await until(page, 'its tiles', "document.querySelector('.run-tiles').innerText.includes('gnp.exe')")
  assert.match(page.url(), /request=/)
  await page.getByRole('combobox', { name: 'Request' }).selectOption('All requests')
  await until(page, 'all tiles', "!document.querySelector('.run-tiles').innerText.includes('gnp.exe')")
  watched.assertClean()
})

test('a run that waits says for what, and a held one is triggered', { skip, timeout: 180_000 }, async () => {
  await using world = await ApiWorld.start({ drivers: 1 })
  const scenario = world.scenario(50, 600, 1)
  await world.ask('POST', '/api/runs', { id: 'held', hold: true, scenario })
  await world.ask('POST', '/api/runs', { id: 'behind', scenario })
  await using watched = await openRun(world, 'behind')
  const { page } = watched
  await until(page, 'the queue', "document.querySelector('.run-state')?.innerText === 'queued, 1st in line'")
  assert.match(await page.locator('.run-facts-line').innerText(), /waits for 1 free driver/)
  await page.evaluate("location.hash = '#/runs/held'")
  const start = page.getByRole('button', { name: 'Start the load' })
  await start.click()
  await until(page, 'the start', "document.querySelector('.run-state')?.innerText === 'running'")
  assert.equal(await start.isVisible(), false)
  watched.assertClean()
})

test('two hundred requests, a hundred drivers and names of 10 kB leave the page usable on a phone', {
  skip,
  timeout: 180_000,
}, async () => {
  await using world = await ApiWorld.start()
  await startRun(world, 'many', { load: { rate: '40/s', duration: '2s' } })
  await waitFor('its end', async () => (await resultOf(world, 'many')).state === 'finished', 60_000)
  const result = await resultOf(world, 'many')
  const [request] = result.requests
  const [driver] = result.drivers
  assert.ok(request !== undefined && driver !== undefined)
  const endless = `\u202E\u0007${'x'.repeat(10_000)}`
  const altered: RunResult = {
    ...result,
    name: endless,
    why: [endless],
    warnings: [endless],
    labels: { [endless]: endless },
    requests: Array.from({ length: 200 }, (_, i) => ({ ...request, name: `${i} ${script}${endless}` })),
    drivers: Array.from({ length: 100 }, (_, i) => ({ ...driver, id: `d${i}${endless}`, reason: endless })),
    totals: {
      ...result.totals,
      sent: 433_600_211,
      unsent: 433_600_211,
      errors: { [endless]: 3 },
      errorDetails: { [`${endless}: ${endless}`]: 3 },
    },
  }
  await using watched = await WatchedPage.open(browser, { width: 360 })
  const { page } = watched
  await page.route('**/api/runs/many', (route) => route.fulfill({ json: altered }))
  await page.goto(`${world.url}/#/runs/many`, { waitUntil: 'domcontentloaded' })
  await until(page, 'the end', "document.documentElement.dataset.conn === 'ended'")
  await until(page, 'the first fifty', "document.querySelectorAll('.run-choose').length === 50")
  const main = await page.locator('main').innerText()
  assert.match(main, /and 150 other requests/)
  assert.doesNotMatch(main, /\u202E|x{700}/)
  assert.equal(await page.locator('main script').count(), 0)
  assert.equal(await watched.sidewaysPx(), 0)
  assert.match(await page.locator('.run-tiles').innerText(), /433,600,211\s+not sent/)
  // No figure ends beyond its tile or the page.
  for (const width of [360, 700, 900, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    assert.equal(await watched.sidewaysPx(), 0, `${width} px`)
    const beyond = `[...document.querySelectorAll('.run-figure')].filter((figure) => figure.getBoundingClientRect().right > ${width}).length`
    assert.equal(await page.evaluate(beyond), 0, `${width} px`)
  }
  await page.setViewportSize({ width: 360, height: 800 })
  await page.getByRole('searchbox', { name: 'Filter requests' }).last().fill('199 ')
  await until(page, 'the one that was looked for', "document.querySelectorAll('.run-choose').length === 1")
  watched.assertClean()
})

test('an orchestrator that goes away is told of, and its return leaves no hole', {
  skip,
  timeout: 240_000,
}, async (t) => {
  await using world = await ApiWorld.start()
  const options = {
    orchestrator: world.orchestrator,
    store: world.store,
    clock: world.clock,
    logger: world.logger,
  }
  const first = await startApi({ ...options, host: '127.0.0.1', port: 0, version: 'test' })
  const { port } = new URL(first.url)
  await startRun(world, 'shop-2')
  await using watched = await WatchedPage.open(browser)
  watched.allow(/Failed to load resource/)
  const { page } = watched
  await page.goto(`${first.url}/#/runs/shop-2`, { waitUntil: 'domcontentloaded' })
  await updates(page, 2)
  await first.close()
  await until(page, 'the stale view', "document.documentElement.dataset.conn === 'stale'")
  const alert = await page.locator('#alert').innerText()
  assert.match(alert, /stale since \d\d:\d\d:\d\d, trying again/)
  await page.getByRole('button', { name: '+10 %' }).click()
  // It may have arrived: nobody here knows, until the record is there again.
  await until(
    page,
    'that',
    "/Load 110 %: no answer\\. If it arrived/.test(document.querySelector('.run-notes').innerText)",
  )
  const again = await startApi({ ...options, host: '127.0.0.1', port: Number(port), version: 'test' })
  t.after(() => again.close())
  assert.equal(again.url, first.url)
  await until(page, 'the return', "document.documentElement.dataset.conn === 'live'")
  await until(page, 'no alert', "document.querySelector('#alert').innerText === ''")
  await until(page, 'nothing left of it', "document.querySelector('.run-notes').innerText.trim() === ''")
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.getByRole('button', { name: 'Stop it' }).click()
  await until(page, 'the end', "document.documentElement.dataset.conn === 'ended'")
  watched.assertClean()
})

test('six pages of one browser, which has six connections, can still be steered', {
  timeout: 240_000,
}, async () => {
  await using world = await ApiWorld.start()
  await startRun(world, 'crowded')
  await using watched = await openRun(world, 'crowded')
  const { page } = watched
  await updates(page, 1)
  for (let i = 0; i < 5; i++) {
    const other = await page.context().newPage()
    await other.goto(`${world.url}/#/runs/crowded`, { waitUntil: 'commit', timeout: 60_000 })
    await until(other, 'its stream', "document.documentElement.dataset.conn === 'live'")
  }
  await page.getByRole('button', { name: 'Pause' }).click()
  await waitFor('the pause', async () => (await commandsOf(world, 'crowded')).includes('pause'), 60_000)
})

test('an unknown run is called so, with the way home', { skip, timeout: 120_000 }, async () => {
  await using world = await ApiWorld.start({ drivers: 0 })
  await using watched = await openRun(world, 'nobody-1')
  watched.allow(/status of 404/)
  const { page } = watched
  await page.getByRole('heading', { name: 'There is no such run' }).waitFor()
  assert.match(await page.locator('main').innerText(), /nobody-1/)
  await page.getByRole('link', { name: 'All runs' }).click()
  await until(page, 'home', "location.hash === '#/'")
  watched.assertClean()
})

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { pagePolicy } from '../../api/dashboard-routes.ts'
import { startApi } from '../../api/start-api.ts'
import { runKeys } from '../../dashboard/run/run-keys.ts'
import type { RunResult } from '../../results/run-result.ts'
import { ApiWorld } from '../api-world.ts'
import { launchBrowser, until, WatchedPage } from '../browser.ts'
import { skipWithout } from '../components.ts'
import { sampleResult } from '../sample-result.ts'
import { sampleSecond } from '../sample-seconds.ts'
import { waitFor } from '../wait-for.ts'

/** The dashboard's first page, in a real browser: start a run, and the list of runs. */

const hostile = '<img src=x onerror="window.wasRun=1">"\'`</script><b>&amp;'

let browser: Browser
const skip = skipWithout('chromium')
if (skip === false) {
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser.close())
}

const isLive = "document.documentElement.dataset.conn === 'live'"

const openHome = async (watched: WatchedPage, url: string): Promise<Page> => {
  await watched.page.goto(url, { waitUntil: 'domcontentloaded' })
  await until(watched.page, 'the stream', isLive)
  return watched.page
}

const editorOf = (page: Page) => page.getByRole('textbox', { name: 'Scenario, as YAML' })
const yamlFor = (target: string): string =>
  `name: shop\nhttp: ${target}\nload: { rate: 50/s, duration: 1s }\nslo: [ errors < 1% ]\n`
const rowOf = (page: Page, id: string) => page.locator(`tr[data-run="${id}"]`)

describe('the first page', { skip }, () => {
  let world: ApiWorld
  let watched: WatchedPage
  let page: Page
  before(async () => {
    world = await ApiWorld.start()
  })
  after(() => world[Symbol.asyncDispose]())
  beforeEach(async () => {
    watched = await WatchedPage.open(browser)
    page = await openHome(watched, world.url)
  })
  afterEach(async () => {
    watched.assertClean()
    await watched[Symbol.asyncDispose]()
  })

  it('marks a fault at its line while it is typed, and leads there', async () => {
    const editor = editorOf(page)
    await editor.fill(`name: shop\nhttp: ${world.target.url}\nload:\n  rate: fast\n  duration: 5s\n`)
    await until(page, 'the mark of line 4', 'document.querySelector(\'.editor-line[data-line="4"]\')')
    assert.equal(await page.locator('.editor-line').count(), 1)
    const [line, text] = await Promise.all([page.locator('.editor-line').boundingBox(), editor.boundingBox()])
    // Behind the fourth line: 20 px each, below a padding of 8.
    assert.ok(line !== null && text !== null && Math.abs(line.y - (text.y + 8 + 60)) <= 1)
    assert.equal(await editor.getAttribute('aria-invalid'), 'true')
    const describedBy = await editor.getAttribute('aria-describedby')
    assert.equal(await page.locator(`#${describedBy}`).innerText(), '1 fault')
    await page.getByRole('button', { name: 'Line 4, column 9' }).click()
    const chosen = await page.evaluate(
      '(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd))(document.activeElement)',
    )
    assert.equal(chosen, 'fast')
    await page.keyboard.type('20/s')
    await until(
      page,
      'that it is mended',
      "document.querySelector('#scenario-state').textContent === 'Ready to start'",
    )
    assert.equal(await page.locator('.editor-line').count(), 0)
    assert.equal(await editor.getAttribute('aria-invalid'), null)
    assert.match(await page.locator('.plan').innerText(), /20\/s for 5 s/)
  })

  it('keeps the draft over a reload, and lets the keyboard out of the editor', async () => {
    await editorOf(page).fill('name: draft\n')
    await page.reload({ waitUntil: 'domcontentloaded' })
    await until(page, 'the draft', "document.querySelector('textarea')?.value === 'name: draft\\n'")
    await editorOf(page).focus()
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate("document.activeElement.tagName !== 'TEXTAREA'"), true)
    assert.equal(await editorOf(page).inputValue(), 'name: draft\n')
  })

  it('starts a run with the mouse', async () => {
    await editorOf(page).fill(yamlFor(world.target.url))
    await page.getByRole('button', { name: 'Start run' }).click()
    await page.waitForURL(/#\/runs\/[\w.-]+/)
    const id = decodeURIComponent(/#\/runs\/([^?]+)/.exec(page.url())?.[1] ?? '')
    const run = (await world.ask('GET', `/api/runs/${id}`)).json as RunResult
    assert.equal(run.name, 'shop')
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await until(page, 'its line', `document.querySelector('tr[data-run="${id}"]')`)
    await waitFor('the end', () => world.run(id).state.phase === 'finished', 60_000)
    await until(
      page,
      'its end',
      `document.querySelector('tr[data-run="${id}"]')?.innerText.includes('Passed')`,
    )
    assert.match(await rowOf(page, id).innerText(), /\b50\b/)
  })

  it('starts one with the keyboard, from a URL, a rate and a duration', async () => {
    await page.getByRole('textbox', { name: 'URL' }).fill(world.target.url)
    await page.getByRole('textbox', { name: 'Rate, all drivers' }).fill('30')
    await page.getByRole('textbox', { name: 'Duration' }).fill('1s')
    await page.keyboard.press('Enter')
    assert.match(await editorOf(page).inputValue(), /rate: 30\/s, duration: 1s/)
    await editorOf(page).focus()
    await page.keyboard.press('Control+Enter')
    await page.waitForURL(/#\/runs\/[\w.-]+/)
  })

  it('says in the box which example is in the editor, and when there is none', async () => {
    const box = page.getByLabel('Example', { exact: true })
    const shown = (): Promise<string> => box.locator('option:checked').innerText()
    await until(page, 'an example', "document.querySelector('#example')?.value !== ''")
    await box.selectOption('journey')
    const text = await editorOf(page).inputValue()
    await editorOf(page).fill('name: mine\n')
    assert.equal(await shown(), 'Own text')
    assert.equal(await page.locator('.example-about').innerText(), '')
    await editorOf(page).fill(text)
    assert.equal(await shown(), 'journey')
    await editorOf(page).fill('')
    assert.equal(await shown(), 'Choose')
  })

  it('says why nothing was started, at the fault', async () => {
    watched.allow(/status of 422/)
    await page.getByRole('combobox', { name: 'Example' }).selectOption('rate')
    await page.getByRole('button', { name: 'Start run' }).click()
    const alert = page.getByRole('alert').filter({ hasText: 'Nothing was started' })
    await alert.waitFor()
    assert.match(
      await page.locator('.faults').innerText(),
      /built-in target is not there[\s\S]*groundswell target/,
    )
    assert.match(page.url(), /\/(?:#\/)?$/)
  })

  it('offers the examples with the files that they name, and gives back what they took the place of', async () => {
    await editorOf(page).fill('name: mine\n')
    await page.getByRole('combobox', { name: 'Example' }).selectOption('journey')
    assert.match(await editorOf(page).inputValue(), /users\.csv/)
    await page.getByText('Files and variables').click()
    await page.getByText('With it: users.csv.').waitFor()
    await page.getByRole('combobox', { name: 'Example' }).selectOption('rate')
    await page.getByRole('combobox', { name: 'Example' }).selectOption('journey')
    await page.getByText('With it: users.csv.').waitFor()
    await page.getByRole('button', { name: 'Bring back my text' }).click()
    assert.equal(await editorOf(page).inputValue(), 'name: mine\n')
    await page.getByText('No file goes with it.').waitFor()
  })

  it('sends the files and variables that a scenario names', async () => {
    await editorOf(page).fill(
      [
        'http:',
        `  target: $\{PLACE}`,
        '  feeders: { users: { file: people.csv } }',
        '  requests: [ { get: "/?{{users.name}}" } ]',
        'load: { rate: 50/s, duration: 1s }',
      ].join('\n'),
    )
    await until(page, 'its faults', "document.querySelector('.faults')?.innerText.includes('people.csv')")
    await page.getByText('Files and variables').click()
    const buffer = Buffer.from('name\nada\n')
    await page
      .getByLabel('Files (CSV, bodies)')
      .setInputFiles([{ name: 'people.csv', mimeType: 'text/csv', buffer }])
    await page.getByLabel('Environment variables').fill(`PLACE=${world.target.url}`)
    await until(
      page,
      'that it is valid',
      "document.querySelector('#scenario-state').textContent === 'Ready to start'",
    )
    await page.getByRole('button', { name: 'Start run' }).click()
    await page.waitForURL(/#\/runs\/[\w.-]+/)
  })

  it('shows names of others as text', async () => {
    world.store.keep(sampleResult({ id: 'hostile', name: hostile, labels: { [hostile]: hostile } }), [
      sampleSecond(0, 10),
    ])
    await page.reload({ waitUntil: 'domcontentloaded' })
    await until(page, 'the run', 'document.querySelector(\'tr[data-run="hostile"]\')')
    assert.equal(await rowOf(page, 'hostile').getByRole('link').first().innerText(), hostile)
    await editorOf(page).fill(`name: ${hostile}\n${hostile}: ${hostile}\n`)
    await until(page, 'faults', "document.querySelector('.faults li')")
    assert.equal(await page.evaluate('window.wasRun'), undefined)
    assert.equal(await page.locator('main img, main script, main b').count(), 0)
  })

  it('filters, chooses two to compare, and deletes after asking once', async () => {
    for (const id of ['old-1', 'old-2', 'old-3'])
      world.store.keep(sampleResult({ id, name: id }), [sampleSecond(0, 10)])
    await page.reload({ waitUntil: 'domcontentloaded' })
    await until(page, 'the runs', 'document.querySelector(\'tr[data-run="old-3"]\')')
    await page.keyboard.press('/')
    await page.keyboard.type('old-')
    await until(page, 'three lines', "document.querySelectorAll('tbody tr').length === 3")
    await rowOf(page, 'old-3').getByRole('button', { name: 'Delete old-3' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    assert.equal((await world.ask('GET', '/api/runs/old-3')).status, 200)
    await rowOf(page, 'old-3').getByRole('button', { name: 'Delete old-3' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await until(page, 'that it is gone', "document.querySelectorAll('tbody tr').length === 2")
    assert.equal((await world.ask('GET', '/api/runs/old-3')).status, 404)
    await rowOf(page, 'old-1').getByRole('checkbox').check()
    await rowOf(page, 'old-2').getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Compare', exact: true }).click()
    await page.waitForURL(/#\/compare\/old-1\/old-2$/)
  })

  it('leads to the reports', async () => {
    world.store.keep(sampleResult({ id: 'reported' }), [sampleSecond(0, 10)])
    await page.reload({ waitUntil: 'domcontentloaded' })
    await until(page, 'the run', 'document.querySelector(\'tr[data-run="reported"]\')')
    const opened = page.context().waitForEvent('page')
    await rowOf(page, 'reported').getByRole('link', { name: 'Report of reported as HTML' }).click()
    const report = await opened
    await report.waitForLoadState('domcontentloaded')
    assert.match(report.url(), /\/api\/runs\/reported\/report\.html$/)
    assert.match(await report.title(), /\S/)
    await report.close()
  })

  it('lists its keys, has a skip link, and shows a wrong address as such', async () => {
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    const keys = await page.locator('.keys kbd').allInnerTexts()
    for (const { key } of runKeys) assert.ok(keys.includes(key), `${key} of ${keys.join(' ')}`)
    await page.keyboard.press('Escape')
    assert.equal(await page.getByRole('dialog').count(), 0)
    await page.getByRole('button', { name: 'Keys' }).click()
    await page.getByRole('checkbox', { name: 'Single letters and signs are commands' }).uncheck()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.keyboard.press('?')
    await page.keyboard.press('/')
    assert.equal(await page.getByRole('dialog').count(), 0, 'single keys are off')
    assert.notEqual(await page.evaluate('document.activeElement.type'), 'search')
    await page.locator('#skip').focus()
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('document.activeElement.id'), 'main')
    await page.goto(`${world.url}/#/nowhere`)
    await page.getByText('There is no page at #/nowhere.').waitFor()
  })

  it('is narrow, dark, and keeps the colours that were chosen', async () => {
    await page.setViewportSize({ width: 320, height: 640 })
    assert.equal(await watched.sidewaysPx(), 0)
    await page.getByRole('combobox', { name: 'Colours' }).selectOption('dark')
    await page.reload({ waitUntil: 'domcontentloaded' })
    await until(page, 'dark colours', "document.documentElement.dataset.theme === 'dark'")
    assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(20, 24, 29)')
  })
})

describe('the first page of an orchestrator with a token', { skip }, () => {
  const token = 'a-token-that-nobody-guesses'
  let world: ApiWorld
  before(async () => {
    world = await ApiWorld.start({ drivers: 0, token })
    world.store.keep(sampleResult({ id: 'reported' }), [sampleSecond(0, 10)])
  })
  after(() => world[Symbol.asyncDispose]())

  it('asks for it once, says when it is wrong, and keeps it for the tab', async () => {
    await using watched = await WatchedPage.open(browser)
    watched.allow(/status of 401/)
    const { page } = watched
    const answer = await page.goto(world.url, { waitUntil: 'domcontentloaded' })
    assert.equal(await answer?.headerValue('content-security-policy'), pagePolicy)
    const dialog = page.getByRole('dialog', { name: 'This orchestrator wants a token' })
    await dialog.getByLabel('Token').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('That token is not the right one.').waitFor()
    // It did answer: nobody is told that it does not, however long the right one takes.
    await until(page, 'the stale view', "document.documentElement.dataset.conn === 'stale'")
    assert.equal(await page.locator('#alert').innerText(), '')
    assert.equal(await page.locator('#tools .light').innerText(), 'Token wanted')
    await dialog.getByLabel('Token').fill(token)
    await dialog.getByRole('button', { name: 'Use this token' }).click()
    await until(page, 'the run', 'document.querySelector(\'tr[data-run="reported"]\')')
    await page.reload({ waitUntil: 'domcontentloaded' })
    await until(page, 'the stream', isLive)
    assert.equal(await page.getByRole('dialog').count(), 0)
    watched.assertClean()
  })

  it('takes it from the address, and out of it; reports are saved with it', async () => {
    await using watched = await WatchedPage.open(browser)
    const page = await openHome(watched, `${world.url}/#token=${token}`)
    assert.equal(page.url(), `${world.url}/#/`)
    await until(page, 'the run', 'document.querySelector(\'tr[data-run="reported"]\')')
    const saved = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Report of reported as JSON' }).click()
    const download = await saved
    assert.equal(download.suggestedFilename(), 'reported.json')
    const chunks: Buffer[] = []
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
    assert.equal(JSON.parse(Buffer.concat(chunks).toString()).id, 'reported')
    watched.assertClean()
  })
})

describe('the first page of an orchestrator that goes away and comes back', { skip }, () => {
  it('does not go on saying that it does not answer', async (t) => {
    await using world = await ApiWorld.start({ drivers: 0 })
    const { orchestrator, store, clock, logger } = world
    const options = { orchestrator, store, clock, logger, host: '127.0.0.1', version: 'test' }
    const first = await startApi({ ...options, port: 0 })
    await using watched = await WatchedPage.open(browser)
    watched.allow(/Failed to load resource/)
    const page = await openHome(watched, first.url)
    await editorOf(page).fill(yamlFor(world.target.url))
    await until(
      page,
      'that it is valid',
      "document.querySelector('#scenario-state').textContent === 'Ready to start'",
    )
    await first.close()
    await page.getByRole('button', { name: 'Start run' }).click()
    const alert = page.getByRole('alert').filter({ hasText: 'The orchestrator does not answer' })
    await alert.waitFor()
    await until(page, 'the stale view', "document.documentElement.dataset.conn === 'stale'")
    const again = await startApi({ ...options, port: Number(new URL(first.url).port) })
    t.after(() => again.close())
    await until(page, 'the return', isLive)
    await alert.waitFor({ state: 'detached' })
    watched.assertClean()
  })
})

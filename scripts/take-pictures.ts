/**
 * `npm run pictures [-- DIR]`: the pictures of README and docs, taken of a real run in a real Chromium: docs/pictures/*.png,
 * or the same in DIR. Takes three minutes, on a machine that does nothing else: the figures are part of the picture.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { launchBrowser, type PageOptions, until } from '../src/testing/browser.ts'
import { DashboardPage } from '../src/testing/dashboard-page.ts'
import { startRole } from '../src/testing/deployment.ts'
import { rootDirectory, startProgram } from '../src/testing/run-program.ts'
import { waitFor } from '../src/testing/wait-for.ts'

/** Each has at most so many bytes: a clone brings them all. */
const mostBytes = 220_000

const directory = resolve(process.argv[2] ?? join(rootDirectory, 'docs', 'pictures'))

const scenarioOf = (name: string, target: string, seconds: number): string => `name: ${name}
drivers: 4
http:
  target: ${target}
  requests:
    - { name: list, get: /ping, weight: 6 }
    - { name: product, get: /, weight: 3 }
    - { name: order, post: /echo, json: { order: "{{seq}}" } }
load:
  stages:
    - { to: 240/s, over: 10s }
    - { hold: ${seconds - 10}s }
slo: [ p99 < 250ms, errors < 1% ]
`

const faulty = `name: shop
drivers: 4
http:
  target: https://shop.example
  requests:
    - { name: list, gett: /products, weight: 6 }
    - { name: order, post: /orders, json: { item: "{{item}}" } }
load:
  stages:
    - { to: 200/s, over: 10 parsecs }
    - { hold: 50s }
slo: [ p99 < 250ms, errors < 1% ]
`

/** Slow now and then, seldom wrong, and for a while not there at all. */
const startTarget = async (stall: string) => {
  const behaviour = ['--delay', 'exp 12ms', '--errors', '0.3% 503', '--stall', stall]
  const program = startProgram(['target', '--port', '0', ...behaviour], { limitMs: 600_000 })
  const url = await waitFor(
    'the target',
    () => /Serving (http:\S+)/.exec(program.stdout() + program.stderr())?.[1],
    60_000,
  )
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      program.child.kill('SIGTERM')
      await program.ended
    },
  }
}

const save = async (name: string, dashboard: DashboardPage): Promise<void> => {
  const file = join(directory, `${name}.png`)
  const png = await dashboard.watched.screenshot()
  dashboard.watched.assertClean()
  writeFileSync(file, png)
  const isTooLarge = png.length > mostBytes
  process.stdout.write(
    `${relative(process.cwd(), file)}: ${Math.round(png.length / 1000)} kB${isTooLarge ? ', too large' : ''}\n`,
  )
  if (isTooLarge) process.exitCode = 1
}

/** As high as what belongs together. */
const wide: PageOptions = { width: 1280, height: 960 }
const phone: PageOptions = { width: 360, height: 1450 }
const page: PageOptions = { width: 980, height: 1180 }

/** Until the page shows this second of the run. */
const awaitSecond = (dashboard: DashboardPage, second: number): Promise<unknown> =>
  dashboard.awaitReading(
    `second ${second}`,
    ({ tiles, conn }) =>
      conn === 'ended' ||
      tiles.some(({ window }) => Number(/last second, 0:(\d\d)/.exec(window)?.[1]) >= second),
    120_000,
  )

const awaitEnd = (dashboard: DashboardPage): Promise<unknown> =>
  dashboard.awaitReading('the end', ({ conn }) => conn === 'ended', 120_000)

/** An earlier run, to compare with. */
const takeEarlier = async (browser: Browser, api: string): Promise<string> => {
  await using target = await startTarget('200ms every 20s')
  await using dashboard = await DashboardPage.open(browser, api, wide)
  const id = await dashboard.startRun(scenarioOf('shop 1.4', target.url, 60))
  await awaitEnd(dashboard)
  return id
}

const takeRun = async (browser: Browser, api: string): Promise<string> => {
  await using target = await startTarget('2s every 30s')
  await using light = await DashboardPage.open(browser, api, wide)
  const id = await light.startRun(scenarioOf('shop 1.5', target.url, 60))
  const address = `${api}/#/runs/${id}`
  await using dark = await DashboardPage.open(browser, address, { ...wide, colorScheme: 'dark' })
  await using narrow = await DashboardPage.open(browser, address, phone)
  await awaitSecond(light, 35)
  await light.page.getByLabel("Load, % of the scenario's own").fill('150')
  await light.page.getByRole('button', { name: 'Apply' }).click()
  await light.page.mouse.move(0, 0)
  for (const [name, dashboard] of [
    ['dashboard-light', light],
    ['dashboard-dark', dark],
    ['dashboard-phone', narrow],
  ] as const) {
    await awaitSecond(dashboard, 48)
    await save(name, dashboard)
  }
  await awaitEnd(light)
  return id
}

mkdirSync(directory, { recursive: true })
const store = mkdtempSync(join(tmpdir(), 'groundswell-pictures-'))
const orchestrator = await startRole([
  'orchestrator',
  ...['--listen', '127.0.0.1:0'],
  ...['--store', join(store, 'results.sqlite')],
])
const api = String(orchestrator.facts.url)
const browser = await launchBrowser()
try {
  const before = await takeEarlier(browser, api)
  const id = await takeRun(browser, api)
  {
    await using report = await DashboardPage.open(browser, `${api}/api/runs/${id}/report.html`, page)
    await save('report', report)
  }
  {
    await using compare = await DashboardPage.open(browser, `${api}/#/compare/${before}/${id}`, {
      width: 1100,
      height: 1240,
    })
    await compare.page.getByRole('heading', { level: 2 }).first().waitFor()
    // Its maps are drawn one after the other.
    await delay(2000)
    await save('compare', compare)
  }
  {
    await using home = await DashboardPage.open(browser, api, { ...wide, height: 860 })
    await home.page.getByLabel('Scenario, as YAML').fill(faulty)
    await until(home.page, 'its faults', "document.querySelectorAll('.editor-line').length > 0")
    await save('home-faults', home)
  }
} finally {
  await browser.close()
  await orchestrator.kill('SIGTERM')
  rmSync(store, { recursive: true, force: true })
}

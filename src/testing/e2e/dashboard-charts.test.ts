import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { ChartsInput } from '../../dashboard/charts/charts-input.ts'
import { darkHeat, keepMost, lightHeat, type Rgb, stepOfCount } from '../../dashboard/charts/heat-palette.ts'
import { ApiWorld } from '../api-world.ts'
import { launchBrowser, until, WatchedPage } from '../browser.ts'
import { skipWithout } from '../components.ts'
import { sampleCharts } from '../sample-track.ts'

/** The charts alone, on the page of a real orchestrator and under its policy, with numbers that the test knows. */

const input = sampleCharts()
const counts = (second: number): readonly number[] => [...(input.track.response[second] ?? [])]
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const most = keepMost(0, Math.max(...input.track.response.flatMap((column) => [...(column ?? [])])))

/** Runs a function in the page, given as text, for this program knows no documents. */
const run = <Value>(page: Page, code: string, argument?: unknown): Promise<Value> =>
  page.evaluate<Value>(argument === undefined ? code : `(${code})(${JSON.stringify(argument)})`)

const drawCharts = `async (input) => {
  const { RunCharts } = await import('/app/dashboard/charts/run-charts.ts')
  const { browserClock } = await import('/app/dashboard/browser-clock.ts')
  window.chosen = []
  window.said = []
  window.charts = new RunCharts({
    clock: browserClock,
    onChoose: (span) => window.chosen.push(span ?? null),
    announce: (sentence) => window.said.push(sentence),
  })
  const main = document.getElementById('main')
  main.hidden = true
  const place = document.createElement('div')
  place.append(window.charts.element)
  main.after(place)
  window.input = input
  window.charts.draw(input)
}`

/** Colours of the heat map in the column of a second, from the top of the field to its foot. */
const columnColours = `(second) => {
  const box = document.querySelector('.chart-heat .chart-box')
  const canvas = box.querySelector('canvas')
  const field = box.querySelector('.u-over').getBoundingClientRect()
  const frame = canvas.getBoundingClientRect()
  const scale = canvas.width / frame.width
  const x = (field.left - frame.left + (field.width * (second + 0.5)) / 600) * scale
  const top = Math.ceil((field.top - frame.top) * scale)
  const height = Math.floor(field.height * scale)
  const { data } = canvas.getContext('2d').getImageData(Math.floor(x), top, 1, height)
  return Array.from({ length: height }, (_, i) => [...data.slice(i * 4, i * 4 + 4)].join(' '))
}`

const coloursOf = (palette: readonly Rgb[]): Set<string> =>
  new Set(palette.map((rgb) => `${rgb.join(' ')} 255`))

const fullestColour = (palette: readonly Rgb[], second: number): string =>
  `${(palette[stepOfCount(Math.max(...counts(second)), most)] ?? []).join(' ')} 255`

describe('the charts of a run', { timeout: 300_000, skip: skipWithout('chromium') }, () => {
  let world: ApiWorld
  let browser: Browser

  before(async () => {
    world = await ApiWorld.start({ drivers: 0 })
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await world?.[Symbol.asyncDispose]()
  })

  const open = async (
    options: Parameters<typeof WatchedPage.open>[1] = {},
    drawn: ChartsInput = input,
  ): Promise<WatchedPage> => {
    const watched = await WatchedPage.open(browser, options)
    await watched.page.goto(world.url, { waitUntil: 'load' })
    await run(watched.page, drawCharts, drawn)
    await until(
      watched.page,
      'all six drawings',
      `document.querySelectorAll('.chart-box canvas').length === 6`,
    )
    await until(
      watched.page,
      'a painted map',
      `document.querySelector('.chart-heat .u-over').clientWidth > 0`,
    )
    return watched
  }

  for (const [scheme, palette, other] of [
    ['light', lightHeat, 'dark'],
    ['dark', darkHeat, 'light'],
  ] as const)
    it(`paint counts, nothing and gaps differently on a ${scheme} page, and follow the switch`, async () => {
      await using watched = await open({ colorScheme: scheme })
      const { page } = watched
      const heat = coloursOf(palette)
      await until(
        page,
        'a painted column',
        `(${columnColours})(100).some((colour) => !colour.endsWith(' 0'))`,
      )
      const full = await run<string[]>(page, columnColours, 100)
      assert.ok(full.includes(fullestColour(palette, 100)), 'the fullest cell has its colour')
      const paused = await run<string[]>(page, columnColours, 490)
      assert.ok(!paused.some((colour) => heat.has(colour)), 'a pause has no cells')
      const unreported = await run<string[]>(page, columnColours, 428)
      assert.ok(!unreported.some((colour) => heat.has(colour)), 'a gap has no cells')
      const inked = (column: string[]): number => column.filter((colour) => !colour.endsWith(' 0')).length
      assert.ok(inked(unreported) > inked(paused) + 20, `hatched: ${inked(unreported)} of ${inked(paused)}`)

      await run(page, `(theme) => { document.documentElement.dataset.theme = theme }`, other)
      const after = scheme === 'light' ? darkHeat : lightHeat
      await until(
        page,
        'the other theme',
        `(${columnColours})(100).includes(${JSON.stringify(fullestColour(after, 100))})`,
      )
      watched.assertClean()
    })

  it('say under the keyboard’s cursor what the numbers are', async () => {
    await using watched = await open()
    const { page } = watched
    const box = page.getByRole('slider', { name: 'Heat map of all answers: second' })
    await box.focus()
    await page.keyboard.press('Home')
    for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight')
    const text = (await page.locator('.chart-readout').textContent()) ?? ''
    const column = counts(7)
    const [, count, total] = /^0:07, .+ to .+: (\d+) answers, .+ of (\d+);/.exec(text) ?? []
    assert.ok(column.includes(Number(count)), text)
    assert.equal(Number(total), sum(column), text)
    assert.equal(await box.getAttribute('aria-valuetext'), text)
    assert.equal(await box.getAttribute('aria-valuenow'), '7')

    // All charts have the same cursor.
    const rate = page.getByRole('slider', { name: 'Rate: second' })
    assert.match(
      (await rate.getAttribute('aria-valuetext')) ?? '',
      /^0:07: asked 500\/s, answered \d+\/s, errors /,
    )
    assert.ok((await page.locator('.chart-rate .chart-legend').textContent())?.includes('0:07'))

    const before = text
    await page.keyboard.press('ArrowUp')
    assert.notEqual(await page.locator('.chart-readout').textContent(), before)
    await page.keyboard.press('Enter')
    assert.deepEqual(await run(page, 'window.chosen'), [{ from: 7, to: 8 }])
    await page.keyboard.down('Shift')
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
    assert.equal(await run(page, 'window.chosen.length'), 1)
    await page.keyboard.up('Shift')
    assert.deepEqual(await run(page, 'window.chosen.at(-1)'), { from: 7, to: 11 })
    await page.keyboard.press('Escape')
    assert.equal(await run(page, 'window.chosen.at(-1)'), null)
    assert.match((await page.locator('.chart-readout').textContent()) ?? '', /^Point at a cell/)
    watched.assertClean()
  })

  it('choose the second that is clicked, and the span that is dragged', async () => {
    await using watched = await open()
    const { page } = watched
    const pointOf = async (figure: string, second: number): Promise<{ x: number; y: number }> => {
      const field = page.locator(`${figure} .u-over`)
      await field.scrollIntoViewIfNeeded()
      const rect = await field.boundingBox()
      assert.ok(rect)
      return { x: rect.x + (rect.width * (second + 0.5)) / 600, y: rect.y + rect.height / 2 }
    }
    const heat = await pointOf('.chart-heat', 300)
    await page.mouse.click(heat.x, heat.y)
    assert.deepEqual(await run(page, 'window.chosen'), [{ from: 300, to: 301 }])
    assert.deepEqual(await run(page, 'window.said'), ['Chosen: 5:00'])
    // Once more lets go.
    await page.mouse.click(heat.x, heat.y)
    assert.deepEqual(await run(page, 'window.chosen.at(-1)'), null)

    const from = await pointOf('.chart-rate', 120)
    const to = await pointOf('.chart-rate', 180)
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move((from.x + to.x) / 2, to.y)
    await page.mouse.move(to.x, to.y)
    await page.mouse.up()
    const span = await run<{ from: number; to: number }>(page, 'window.chosen.at(-1)')
    // A pixel of this narrow chart is more than a second.
    assert.ok(Math.abs(span.from - 120) <= 2 && Math.abs(span.to - 181) <= 2, JSON.stringify(span))
    const shown = await page.locator('.chart-heat .u-select').boundingBox()
    assert.ok((shown?.width ?? 0) > 80, 'every chart shows the span')
    watched.assertClean()
  })

  it('show the same numbers as tables of at most 25 rows', async () => {
    await using watched = await open()
    const { page } = watched
    const rowsOf = async (figure: string): Promise<string[][]> => {
      await page.locator(`${figure} summary`).click()
      await until(page, 'the table', `document.querySelectorAll('${figure} tbody tr').length > 0`)
      return run(
        page,
        `(figure) => [...document.querySelectorAll(figure + ' tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`,
        figure,
      )
    }
    assert.equal(await page.locator('.charts tbody tr').count(), 0)
    const [head, first, ...rest] = await rowsOf('.chart-heat')
    assert.ok(rest.length < 25)
    assert.deepEqual(head?.slice(0, 2), ['time', 'answers'])
    assert.equal(first?.[0], '0:00–0:30')
    const answers = sum(Array.from({ length: 30 }, (_, second) => sum(counts(second))))
    assert.equal(first?.[1], answers.toLocaleString('en-US'))
    const [latencyHead, ...latency] = await rowsOf('.chart-latency')
    const stall = latency.find(([time]) => time === '4:30–5:00')
    const worst = Math.max(...input.track.figures.p99.slice(270, 300).map((ms) => ms ?? 0))
    assert.equal(latencyHead?.[3], 'worst second’s p99')
    assert.equal(stall?.[3], `${Math.floor(worst / 60_000)}m${Math.round(worst / 1000) % 60}s`)
    watched.assertClean()
  })

  it('say so where there is nothing to show', async () => {
    const calm = {
      ...input,
      track: { ...input.track, errors: input.track.errors.map((errors) => (errors === null ? null : {})) },
    }
    await using watched = await open({}, calm)
    assert.equal(
      await watched.page.locator('.chart-errors .chart-empty').textContent(),
      'No errors in these 10 min',
    )
    watched.assertClean()
  })

  it('fit a phone without sideways scrolling, and answer to fingers: a tap points, a second one chooses', async () => {
    await using watched = await open({ width: 360, height: 800, deviceScaleFactor: 2 })
    const { page } = watched
    assert.equal(await watched.sidewaysPx(), 0)
    const tap = `(second) => {
      const field = document.querySelector('.chart-heat .u-over')
      const { left, top, width, height } = field.getBoundingClientRect()
      const where = { clientX: left + (width * second) / 600, clientY: top + height / 2, pointerType: 'touch', pointerId: 1, button: 0, bubbles: true }
      // Made up, so there is nothing to capture.
      field.setPointerCapture = () => {}
      field.dispatchEvent(new PointerEvent('pointerdown', where))
      field.dispatchEvent(new PointerEvent('pointerup', where))
    }`
    await run(page, tap, 200)
    assert.deepEqual(await run(page, 'window.chosen'), [])
    const text = (await page.locator('.chart-readout').textContent()) ?? ''
    assert.match(text, /^3:(1[89]|2[01])/)
    await run(page, tap, 204)
    const [span] = await run<{ from: number; to: number }[]>(page, 'window.chosen')
    assert.ok(
      span !== undefined && span.from <= 200 && span.to > 196 && span.to - span.from <= 5,
      JSON.stringify(span),
    )
    watched.assertClean()
  })

  it('stay as they are through an hour of eight drivers: no new nodes, no new listeners', async (t) => {
    const hour = sampleCharts({ seconds: 3660, ratePerSecond: 4000 })
    await using watched = await open({}, { ...hour, from: 2400, to: 3600 })
    const { page } = watched
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Performance.enable')
    const measure = async (): Promise<{ nodes: number; listeners: number; inPage: number }> => {
      await cdp.send('HeapProfiler.collectGarbage')
      const { metrics } = await cdp.send('Performance.getMetrics')
      const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
      return {
        nodes: of('Nodes'),
        listeners: of('JSEventListeners'),
        inPage: await run(page, `document.querySelectorAll('*').length`),
      }
    }
    const draw = `async ([from, to]) => {
      const times = []
      for (let end = from; end < to; end++) {
        const { track, ...rest } = window.input
        const begin = performance.now()
        window.charts.draw({ ...rest, track: { ...track, version: end }, from: end - 1200, to: end })
        await Promise.resolve()
        times.push(performance.now() - begin)
        await new Promise((resolve) => requestAnimationFrame(resolve))
      }
      return times.sort((a, b) => a - b)
    }`
    await page.locator('.chart-rate summary').click()
    // What is made once, such as rows of a table, is made by now.
    await run(page, draw, [3600, 3610])
    const before = await measure()
    const times = await run<number[]>(page, draw, [3600, 3660])
    const after = await measure()
    assert.equal(after.inPage, before.inPage)
    assert.ok(after.nodes <= before.nodes + 5, `nodes: ${before.nodes}, then ${after.nodes}`)
    assert.ok(after.listeners <= before.listeners, `listeners: ${before.listeners}, then ${after.listeners}`)
    const of = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1)
    t.diagnostic(`one draw of all charts, 1,200 rows: median ${of(0.5)} ms, p90 ${of(0.9)} ms`)
    watched.assertClean()
  })
})

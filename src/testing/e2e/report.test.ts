import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { decodeColumn, rowStartUs } from '../../results/heat-column.ts'
import { renderHtmlReport } from '../../results/html/html-report.ts'
import { servedPolicy } from '../../results/html/report-policy.ts'
import { collectReportTimeline } from '../../results/report-timeline.ts'
import type { RunResult } from '../../results/run-result.ts'
import { formatCount, formatFigure, formatShare, formatTime } from '../../results/summary-text-figures.ts'
import { launchBrowser, type PageOptions, until, WatchedPage } from '../browser.ts'
import { skipWithout } from '../components.ts'
import { sampleSeconds } from '../sample-charts.ts'
import { sampleFigures, sampleResult, sampleTroubledResult } from '../sample-result.ts'

const names = ['GET /', 'POST /login']
const seconds = 90

const result: RunResult = {
  ...sampleTroubledResult(),
  elapsedMs: seconds * 1000,
  gaps: [{ driver: 'd2', from: 60, to: 90, share: 0.2 }],
  requests: names.map((name) => ({ name, kind: 'request' as const, ...sampleFigures(4000, 3) })),
}

const timeline = await collectReportTimeline(sampleSeconds(seconds, { names }), result)
const page = renderHtmlReport({ result, timeline, version: '1.2.3' })

const heatMap = 'svg[aria-label^="Heat map"]'
const readoutOf = (chart: string): string =>
  `document.querySelector('${chart}').closest('.pan').nextElementSibling.textContent`
const isVisible = (selector: string): string =>
  `document.querySelector('${selector}').getBoundingClientRect().height > 0`

describe('an HTML report in a browser', { skip: skipWithout('chromium') }, () => {
  let directory = ''
  let browser: Browser
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundswell-report-'))
    await writeFile(join(directory, 'report.html'), page)
    browser = await launchBrowser()
  })
  after(async () => {
    await browser.close()
    await rm(directory, { recursive: true })
  })

  const open = async (options: PageOptions = {}): Promise<WatchedPage> => {
    const watched = await WatchedPage.open(browser, { offline: true, ...options })
    await watched.page.goto(pathToFileURL(join(directory, 'report.html')).href)
    return watched
  }

  const ways: [name: string, options: PageOptions][] = [
    ['on a light page', {}],
    ['on a dark page', { colorScheme: 'dark' }],
    ['without scripts', { javaScript: false }],
    ['on a phone', { width: 360 }],
    ['on the narrowest phone, in the dark', { width: 320, colorScheme: 'dark' }],
    ['with forced colours', { forcedColors: 'active' }],
  ]
  for (const [name, options] of ways)
    it(`${name} it shows from a file, without a network, and never scrolls sideways`, async () => {
      await using watched = await open(options)
      const { page: tab } = watched
      assert.match(await tab.locator('.verdict').innerText(), /Degraded: no verdict is safe/)
      assert.equal(await tab.locator('figure svg').count(), 8 + names.length)
      const box = await tab.locator(heatMap).boundingBox()
      assert.ok(box !== null && box.height > 150, 'the heat map has its height')
      assert.equal(await watched.sidewaysPx(), 0)
      watched.assertClean()
    })

  it('on a dark page its colours are dark, on a light one light', async () => {
    const background = 'getComputedStyle(document.body).backgroundColor'
    const found: unknown[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await using watched = await open({ colorScheme })
      found.push(await watched.page.evaluate(background))
    }
    assert.deepEqual(found, ['rgb(255, 255, 255)', 'rgb(20, 24, 29)'])
  })

  it('tells the cell of the heat map that is pointed at, and the same instant in every chart', async () => {
    await using watched = await open()
    const { page: tab } = watched
    const column = 40
    const counts = decodeColumn(timeline.rows[column]?.responseColumn ?? '') ?? []
    const row = counts.indexOf(Math.max(...counts))
    const [left = 0, width = 0, top = 0, height = 0, first = 0, rows = 0] = (await tab.evaluate(
      `(() => {
        const { plot, first, rows } = JSON.parse(document.querySelector('.pan script').textContent)
        return [...plot, first, rows]
      })()`,
    )) as number[]
    const chart = tab.locator(heatMap)
    await chart.scrollIntoViewIfNeeded()
    const box = await chart.boundingBox()
    assert.ok(box !== null)
    const unit = box.width / 680
    await tab.mouse.move(
      box.x + unit * (left + ((column + 0.5) / seconds) * width),
      box.y + unit * (top + height - ((row - first + 0.5) / rows) * height),
    )
    const all = counts.reduce((a, b) => a + b, 0)
    const upTo = counts.slice(0, row + 1).reduce((a, b) => a + b, 0)
    const { responseTimeMs, sendLatenessMs, answered } = timeline.rows[column] ?? assert.fail()
    const cell = `${formatTime(rowStartUs(row) / 1000)} to ${formatTime(rowStartUs(row + 1) / 1000)}`
    const shares = `(${formatShare((counts[row] ?? 0) / all)}); ${formatShare(upTo / all)} took so long or less`
    assert.equal(
      await until(
        tab,
        'the readout of the cell',
        `${readoutOf(heatMap)}.startsWith('At ') && ${readoutOf(heatMap)}`,
      ),
      `At 0:40: ${cell}: ${formatCount(counts[row] ?? 0)} of ${formatCount(all)} answers ${shares}; p50 ${formatTime(responseTimeMs.median)}; p99 ${formatTime(responseTimeMs.p99)}`,
    )
    const { median, p90, p99, p999, max } = responseTimeMs
    assert.equal(
      await tab.evaluate(readoutOf('svg[aria-label^="Line chart of response time percentiles"]')),
      `At 0:40: p50 ${formatTime(median)}, p90 ${formatTime(p90)}, p99 ${formatTime(p99)}, p99.9 ${formatTime(p999)}, max ${formatTime(max)}`,
    )
    assert.equal(
      await tab.evaluate(readoutOf('svg[aria-label^="Line chart of send lateness"]')),
      `At 0:40: p50 ${formatTime(sendLatenessMs.median)}, p99 ${formatTime(sendLatenessMs.p99)}, max ${formatTime(sendLatenessMs.max)}`,
    )
    assert.match(
      String(await tab.evaluate(readoutOf('svg[aria-label^="Line chart of rates"]'))),
      new RegExp(`answered ${formatFigure(answered)} a second`),
    )
    const cursors = await tab.locator('svg line[visibility="visible"]').count()
    assert.equal(cursors, 7 + names.length, 'a line in every chart of time')
    await tab.mouse.move(2, 2)
    await until(tab, 'no line', `document.querySelector('svg line[visibility="visible"]') === null`)
    watched.assertClean()
  })

  it('does the same by keys, and says it to who cannot see it', async () => {
    await using watched = await open()
    const { page: tab } = watched
    const isThere = `document.activeElement.matches('${heatMap}')`
    for (let i = 0; i < 50 && !(await tab.evaluate(isThere)); i++) await tab.keyboard.press('Tab')
    assert.equal(await tab.evaluate(isThere), true)
    for (const key of ['End', 'ArrowLeft', 'ArrowUp', 'ArrowUp']) await tab.keyboard.press(key)
    const text = await tab.locator(heatMap).getAttribute('aria-valuetext')
    assert.match(text ?? '', /^At 1:28: [\d.]+ ms to [\d.]+ ms: \d+ of \d+ answers/)
    assert.equal(await tab.evaluate(readoutOf(heatMap)), text)
    await tab.keyboard.press('ArrowDown')
    assert.notEqual(await tab.locator(heatMap).getAttribute('aria-valuetext'), text)
    await tab.keyboard.press('Escape')
    assert.equal(await tab.locator('svg line[visibility="visible"]').count(), 0)
    watched.assertClean()
  })

  it('prints on A4, light, with its tables open and nothing cut off', async () => {
    await using watched = await open({ colorScheme: 'dark' })
    const { page: tab } = watched
    const pdf = (await tab.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1')
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0
    assert.ok(pages >= 5 && pages <= 20, `${pages} pages`)
    assert.match(pdf, /\/MediaBox\s*\[0 0 59[45]\S* 84[12]/)
    await tab.emulateMedia({ media: 'print' })
    assert.equal(await tab.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)')
    assert.equal(await tab.evaluate(isVisible('details table')), true)
    assert.equal(await tab.evaluate(isVisible('nav')), false)
    assert.equal(await tab.evaluate(isVisible('.readout')), false)
    watched.assertClean()
  })

  const policies: [name: string, policy: string, runsScripts: boolean][] = [
    [
      'a CI server that forbids scripts and styles',
      "sandbox; default-src 'none'; img-src 'self'; style-src 'self'",
      false,
    ],
    ['our API', servedPolicy, true],
  ]
  for (const [name, policy, runsScripts] of policies)
    it(`under the policy of ${name} it shows all, and can do nothing to the server`, async () => {
      const asked: string[] = []
      const server = createServer((request, response) => {
        asked.push(request.url ?? '')
        response.setHeader('content-security-policy', policy)
        response.setHeader('content-type', 'text/html; charset=utf-8')
        response.end(page)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      try {
        await using watched = await WatchedPage.open(browser)
        const { port } = server.address() as AddressInfo
        const { page: tab } = watched
        await tab.goto(`http://127.0.0.1:${port}/report.html`, { waitUntil: 'load' })
        assert.match(await tab.locator('.verdict').innerText(), /Degraded/)
        const stroke = `getComputedStyle(document.querySelector('${heatMap} path[stroke^="#"]')).stroke`
        assert.match(String(await tab.evaluate(stroke)), /^rgb/)
        const box = await tab.locator(heatMap).boundingBox()
        assert.ok(box !== null && box.height > 150 && box.width > 400)
        assert.equal(await tab.locator('table').first().isVisible(), true)
        assert.equal((await tab.locator('.readout').count()) > 0, runsScripts)
        assert.equal(await tab.evaluate('window.origin'), 'null', 'an origin of its own')
        if (runsScripts) watched.assertClean()
        else
          assert.deepEqual(
            watched.problems.filter(
              (problem) => !/Content Security Policy|policy violation|sandboxed/.test(problem),
            ),
            [],
          )
        const reading = "fetch('/api/runs').then(() => 'read', () => 'refused')"
        assert.equal(await tab.evaluate(reading), 'refused')
        const storage =
          '(() => { try { return String(localStorage.length) } catch (error) { return error.name } })()'
        assert.equal(await tab.evaluate(storage), 'SecurityError')
        assert.deepEqual(asked, ['/report.html'])
      } finally {
        server.closeAllConnections()
        server.close()
      }
    })

  it('shows hostile names as text, in its charts as elsewhere', async () => {
    const hostile = '</script><script>document.title = "taken"</script><img src=x onerror=alert(1)>'
    const other = '<!-- "><svg onload=alert(1)>\u2028'
    const requests = [hostile, other].map((name) => ({
      name,
      kind: 'request' as const,
      ...sampleFigures(400, 3),
    }))
    const bad = sampleResult({
      name: hostile,
      requests,
      elapsedMs: 3000,
      steering: [{ atMs: 1000, command: 'rate', scale: 2, by: hostile }],
      totals: {
        ...sampleResult().totals,
        errors: { [hostile]: 4 },
        errorDetails: { [`${hostile}: ${other}`]: 4 },
      },
    })
    const charts = await collectReportTimeline(sampleSeconds(3, { names: [hostile, other] }), bad)
    await writeFile(
      join(directory, 'hostile.html'),
      renderHtmlReport({ result: bad, timeline: charts, version: '1' }),
    )
    await using watched = await WatchedPage.open(browser, { offline: true })
    const { page: tab } = watched
    await tab.goto(pathToFileURL(join(directory, 'hostile.html')).href)
    assert.equal(await tab.locator('h1').innerText(), hostile)
    assert.match(await tab.title(), /^<\/script><script>document\.title = "taken".*: Passed/)
    assert.equal(await tab.locator('img, svg[onload]').count(), 0)
    const drawn = await tab.locator('.multiples > div > p:first-child').allInnerTexts()
    assert.deepEqual(drawn, [other.replace('\u2028', ''), hostile])
    assert.ok((await tab.locator('.readout').count()) >= 9, 'the script works')
    watched.assertClean()
  })
})

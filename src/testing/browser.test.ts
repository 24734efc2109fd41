import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { launchBrowser, until, WatchedPage } from './browser.ts'
import { skipWithout } from './components.ts'
import { waitFor } from './wait-for.ts'

const policy = "default-src 'none'; script-src 'self'; connect-src *; require-trusted-types-for 'script'"
const directory = mkdtempSync(join(tmpdir(), 'groundswell-browser-'))
const scripts: Record<string, string> = {
  '/clean.js':
    "setTimeout(() => { document.documentElement.dataset.seq = '7' }, 50); console.warn('only a warning')",
  '/throws.js': "throw new Error('on purpose')",
  '/logs.js': "console.error('said on purpose')",
  '/markup.js': "try { document.body.innerHTML = '<b>bold</b>' } catch {}",
  '/eval.js': "try { eval('1') } catch {}",
  '/asks-in-vain.js': "fetch('/nowhere')",
}

describe('a page in a real browser', { skip: skipWithout('chromium') }, () => {
  let browser: Browser
  let server: Server
  let elsewhere: Server
  let url = ''

  before(async () => {
    browser = await launchBrowser()
    elsewhere = createServer((_request, response) => {
      response.writeHead(200, { 'access-control-allow-origin': '*' }).end('hello')
    }).listen(0, '127.0.0.1')
    server = createServer((request, response) => {
      const path = request.url ?? '/'
      const script = scripts[path]
      if (path === '/nowhere') response.writeHead(404).end()
      else if (script !== undefined)
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
      else {
        const name = path.slice(1)
        response
          .writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
          .end(
            `<!doctype html><html lang="en"><title>page</title><body>text<script src="/${name}.js"></script>`,
          )
      }
    }).listen(0, '127.0.0.1')
    await waitFor('the servers', () => server.listening && elsewhere.listening)
    const { port } = elsewhere.address() as AddressInfo
    scripts['/asks-elsewhere.js'] = `fetch('http://127.0.0.1:${port}/')`
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  after(async () => {
    await browser.close()
    for (const one of [server, elsewhere]) {
      one.closeAllConnections()
      one.close()
    }
    rmSync(directory, { recursive: true, force: true })
  })

  const problemsOf = async (name: string): Promise<readonly string[]> => {
    await using watched = await WatchedPage.open(browser)
    await watched.page.goto(`${url}/${name}`, { waitUntil: 'domcontentloaded' })
    await waitFor(`what ${name} does`, () => watched.problems.length > 0, 60_000)
    assert.throws(() => watched.assertClean())
    return watched.problems
  }

  it('that does nothing wrong is clean, and its state can be waited for under the strictest policy', async () => {
    await using watched = await WatchedPage.open(browser)
    await watched.page.goto(`${url}/clean`, { waitUntil: 'domcontentloaded' })
    const { page } = watched
    assert.equal(await until(page, 'its sequence number', 'document.documentElement.dataset.seq'), '7')
    assert.equal(await until(page, 'a function', (more: number) => 1 + more, { argument: 2 }), 3)
    watched.assertClean()
  })

  for (const [name, expected] of [
    ['throws', /^page error: Error: on purpose/],
    ['logs', /^console error: said on purpose/],
    ['asks-in-vain', /^console error: .*404.*\/nowhere\)$/],
    ['asks-elsewhere', /^foreign request: http:\/\/127\.0\.0\.1:\d+\/$/],
  ] as const)
    it(`is caught when it ${name.replaceAll('-', ' ')}`, async () => {
      const problems = await problemsOf(name)
      assert.ok(
        problems.some((problem) => expected.test(problem)),
        problems.join('\n'),
      )
    })

  for (const [name, directive] of [
    ['markup', 'require-trusted-types-for'],
    ['eval', 'require-trusted-types-for'],
  ] as const)
    it(`is caught when it breaks its policy with ${name}`, async () => {
      await using watched = await WatchedPage.open(browser)
      await watched.page.goto(`${url}/${name}`, { waitUntil: 'domcontentloaded' })
      await waitFor(
        'the violation',
        () => watched.problems.some((problem) => problem.startsWith(`policy violation: ${directive}`)),
        60_000,
      )
    })

  it('may do what the test provokes, and nothing else', async () => {
    await using watched = await WatchedPage.open(browser)
    watched.allow(/said on purpose/)
    await watched.page.goto(`${url}/logs`, { waitUntil: 'domcontentloaded' })
    await watched.page.evaluate("console.error('and more')")
    await waitFor('the other', () => watched.problems.length > 0, 60_000)
    assert.equal(watched.problems.length, 1)
    assert.match(watched.problems[0] ?? '', /and more/)
  })

  it('has the width, theme and scripting that were asked for', async () => {
    await using watched = await WatchedPage.open(browser, {
      width: 360,
      colorScheme: 'dark',
      forcedColors: 'active',
    })
    await watched.page.goto(`${url}/clean`, { waitUntil: 'domcontentloaded' })
    const queries = [
      '(width: 360px)',
      '(prefers-color-scheme: dark)',
      '(forced-colors: active)',
      '(prefers-reduced-motion: reduce)',
    ]
    for (const query of queries)
      assert.equal(await watched.page.evaluate(`matchMedia('${query}').matches`), true, query)
    assert.equal(await watched.sidewaysPx(), 0)
    await watched.page.evaluate("document.body.style.width = '400px'")
    assert.ok((await watched.sidewaysPx()) > 0)
  })

  it('takes a picture in CSS pixels', async () => {
    await using watched = await WatchedPage.open(browser, { width: 320, height: 200, deviceScaleFactor: 2 })
    await watched.page.goto(`${url}/clean`, { waitUntil: 'domcontentloaded' })
    const png = await watched.screenshot()
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [320, 200])
  })

  it('of a file loads without scripts and without a network', async () => {
    const file = join(directory, 'report.html')
    writeFileSync(file, '<!doctype html><html lang="en"><title>r</title><p>plain<script>throw 1</script>')
    await using watched = await WatchedPage.open(browser, { javaScript: false, offline: true })
    await watched.page.goto(pathToFileURL(file).href, { waitUntil: 'domcontentloaded' })
    assert.equal(await watched.page.getByText('plain').count(), 1)
    watched.assertClean()
  })

  it('says what it waited for in vain, and what it saw instead', async () => {
    await using watched = await WatchedPage.open(browser)
    await watched.page.goto(`${url}/clean`, { waitUntil: 'domcontentloaded' })
    await assert.rejects(
      until(watched.page, 'what never comes', 'false', { timeoutMs: 100 }),
      /waited 100 ms for what never comes at http.*\nthe page: \{.*"text":"text"/s,
    )
  })
})

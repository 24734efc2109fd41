import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { stripTypeScriptTypes } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { ApiWorld } from '../testing/api-world.ts'
import { DashboardAssets } from './dashboard-assets.ts'
import { type Asset, assetsRoot, readModule, readModules, staticClosure } from './dashboard-assets-build.ts'
import { codingFor, pagePolicy } from './dashboard-routes.ts'
import { squeezeScript } from './squeeze-script.ts'

let assets: ReadonlyMap<string, Asset>
const source = new DashboardAssets('1.2.3')

before(async () => {
  assets = await source.all()
})
after(() => source.close())

const textOf = (path: string): string => {
  const asset = assets.get(path)
  assert.ok(asset !== undefined, `${path} is not there`)
  return new TextDecoder().decode(asset.bytes)
}
describe('what the page is made of', () => {
  const entry = 'dashboard/main.ts'
  const modules = readModules(assetsRoot, entry)

  it('is only what a browser can run, from the folders that are shared with it', () => {
    const shared = ['dashboard', 'lib', 'measuring', 'results']
    assert.ok(modules.size > 20, 'the pages are among them')
    for (const [path, { code }] of modules) {
      assert.match(path, /^[a-z-]+(?:\/[a-z-]+)?\/[\w.-]+\.ts$/, path)
      assert.ok(shared.includes(path.split('/')[0] ?? ''), `${path} is of the server's side`)
      assert.doesNotMatch(code, /['"]node:|\b(?:process\.|require\()/, path)
      // Shared modules may have parts that only the server calls.
      if (path.startsWith('dashboard/')) assert.doesNotMatch(code, /\bBuffer\b/, path)
      assert.ok(assets.has(`/app/${path}`), path)
    }
    for (const page of ['home/home-page', 'run/run-page', 'compare/compare-page']) {
      const path = `dashboard/${page}.ts`
      assert.ok(modules.has(path), page)
      assert.equal(staticClosure(modules).includes(path), false, `${page} is fetched when it is wanted`)
    }
  })

  it('has lost its types and comments, and is JavaScript', () => {
    for (const [path, { code }] of modules) {
      assert.doesNotMatch(code, /^\s*(?:import type|export type|export interface|interface \w+ \{)/m, path)
      assert.doesNotMatch(code, /^\s*\/\*\*/m, path)
    }
    assert.match(textOf('/app/dashboard/element.ts'), /const setText=\(node,text\)=>/)
  })

  it('means the same after it was squeezed', () => {
    // A real parser prints both: where they mean the same it prints the same.
    const print = (code: string): string => stripTypeScriptTypes(code, { mode: 'transform' })
    for (const [path, { code }] of modules) assert.equal(print(squeezeScript(code)), print(code), path)
  })

  it('is named in the page: version, style sheets, and what the first module needs', () => {
    const page = textOf('/')
    assert.match(page, /<meta name="version" content="1\.2\.3">/)
    for (const [, path = ''] of page.matchAll(/(?:href|src)="(\/[^"]*)"/g)) assert.ok(assets.has(path), path)
    for (const path of staticClosure(modules))
      assert.ok(page.includes(`<link rel="modulepreload" href="/app/${path}">`), path)
    assert.match(page, /<script type="module" src="\/app\/dashboard\/main\.ts">/)
    assert.doesNotMatch(
      page,
      /<script(?![^>]* src=)|<style| style=| on\w+=/,
      'nothing in it that the policy forbids',
    )
  })

  it('is 200 kB at most: raw for the first sight of every page, and as sent with the charts that follow', () => {
    const sheets = [...assets.keys()].filter((path) => path.endsWith('.css'))
    const common = ['/', '/favicon.svg', ...sheets]
    const sizeOf = (page: string, measure: (asset: Asset) => number): number => {
      const paths = new Set([...staticClosure(modules), ...staticClosure(modules, `dashboard/${page}.ts`)])
      const needed = [...common, ...[...paths].map((path) => `/app/${path}`)].map((path) => assets.get(path))
      return needed.reduce((sum, asset) => sum + (asset === undefined ? Number.NaN : measure(asset)), 0)
    }
    for (const page of ['home/home-page', 'run/run-page', 'compare/compare-page']) {
      const rawBytes = sizeOf(page, ({ bytes }) => bytes.length)
      assert.ok(rawBytes > 80_000 && rawBytes <= 200_000, `${page}: ${rawBytes} B`)
    }
    // What a run's page fetches behind its first paint.
    const uplot = assets.get('/app/uplot/uPlot.js')?.gzip.length ?? Number.NaN
    const drawings = sizeOf('run/run-drawings', ({ gzip }) => gzip.length)
    const sentBytes = uplot + drawings + sizeOf('run/run-page', ({ gzip }) => gzip.length)
    assert.ok(sentBytes <= 200_000, `${sentBytes} B`)
  })

  it('refuses an import that no browser could follow', () => {
    for (const specifier of ['node:fs', 'zod', '../../../x.ts', '/x.ts'])
      assert.throws(
        () => readModule(`import { a } from '${specifier}'\nexport const b = a`, 'dashboard/x.ts'),
        /dashboard\/x\.ts imports/,
      )
    const { imports, laterImports } = readModule(
      [
        "import type { T } from 'zod'",
        "import { a } from '../lib/a.ts'",
        "export { b } from './b.ts'",
        "import './c.ts'",
        "// import 'node:fs'",
        "export const later = async (): Promise<unknown> => (await import('./d.ts')) as T",
        'export const used = a',
      ].join('\n'),
      'dashboard/x.ts',
    )
    assert.deepEqual(imports, ['lib/a.ts', 'dashboard/b.ts', 'dashboard/c.ts'])
    assert.deepEqual(laterImports, ['dashboard/d.ts'])
  })

  it('is built without a word of warning', () => {
    const script = `
      const { DashboardAssets } = await import(${JSON.stringify(new URL('./dashboard-assets.ts', import.meta.url).href)})
      const assets = await new DashboardAssets('1').all()
      console.log(assets.has('/'))`
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { encoding: 'utf8', timeout: 100_000, env: {} },
    )
    assert.deepEqual({ stdout, stderr, status }, { stdout: 'true\n', stderr: '', status: 0 })
  })
})

describe('how it is served', () => {
  let world: ApiWorld
  before(async () => {
    world = await ApiWorld.start({ drivers: 0, token: 'a-token-that-nobody-guesses' })
  })
  after(() => world[Symbol.asyncDispose]())

  it('to everybody, with the policy of a page that holds what others wrote', async () => {
    for (const [path, type] of [
      ['/', 'text/html; charset=utf-8'],
      ['/?from=mail', 'text/html; charset=utf-8'],
      ['/favicon.svg', 'image/svg+xml'],
      ['/app/dashboard/main.ts', 'text/javascript; charset=utf-8'],
      ['/app/dashboard/style.css', 'text/css; charset=utf-8'],
      ['/app/uplot/uPlot.js', 'text/javascript; charset=utf-8'],
      ['/app/uplot/uPlot.min.css', 'text/css; charset=utf-8'],
    ] as const) {
      const { status, headers, text } = await world.ask('GET', path)
      assert.equal(status, 200, path)
      assert.equal(headers.get('content-type'), type)
      assert.equal(headers.get('content-security-policy'), pagePolicy)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('cache-control'), 'no-cache')
      assert.ok(text.length > 100)
      const head = await world.ask('HEAD', path)
      assert.equal(head.status, 200)
      assert.equal(head.text, '')
      assert.equal(head.headers.get('etag'), headers.get('etag'))
    }
    // Word for word: a source more would let in what a page of ours never asks for.
    for (const source of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
    ])
      assert.ok(pagePolicy.split('; ').includes(source), pagePolicy)
    assert.match(pagePolicy, /frame-ancestors 'none'/)
    assert.match(pagePolicy, /require-trusted-types-for 'script'/)
    assert.equal((await world.ask('GET', '/api/runs')).status, 401, 'the API is not open')
  })

  it('once: a browser that has it is told so', async () => {
    const etag = (await world.ask('GET', '/')).headers.get('etag') ?? ''
    assert.match(etag, /^"[\w-]{22}"$/)
    for (const given of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const { status, text, headers } = await world.ask('GET', '/', undefined, { 'if-none-match': given })
      assert.equal(status, 304, given)
      assert.equal(text, '')
      assert.equal(headers.get('etag'), etag)
    }
    assert.equal((await world.ask('GET', '/', undefined, { 'if-none-match': '"x"' })).status, 200)
  })

  it('in the coding that the client takes', async () => {
    const table = [
      ['br', 'br', (bytes: Buffer) => brotliDecompressSync(bytes)],
      ['gzip', 'gzip', (bytes: Buffer) => gunzipSync(bytes)],
      ['identity', null, (bytes: Buffer) => bytes],
    ] as const
    for (const [accepted, coding, decode] of table) {
      const { bytes, headers } = await rawGet(`${world.url}/app/dashboard/main.ts`, accepted)
      assert.equal(headers['content-encoding'] ?? null, coding)
      assert.equal(headers.vary, 'accept-encoding')
      assert.equal(decode(bytes).toString(), textOf('/app/dashboard/main.ts'))
    }
    assert.equal(codingFor('gzip, deflate, br'), 'br')
    assert.equal(codingFor('gzip;q=1.0, br;q=0'), 'gzip')
    assert.equal(codingFor('br;q=0.000'), undefined)
    assert.equal(codingFor('deflate'), undefined)
    assert.equal(codingFor(undefined), undefined)
  })

  it('and nothing else is: a path is looked up, never read', async () => {
    const token = { authorization: 'Bearer a-token-that-nobody-guesses' }
    for (const path of [
      '/app/dashboard/nothing.ts',
      '/app/api/start-api.ts',
      '/app/dashboard/page.test.ts',
      '/app/dashboard/..%2f..%2fpackage.json',
      '/app/..%2f..%2f..%2f/etc%2fpasswd',
      '/app/dashboard/index.html',
      '/app/dashboard',
      '/app/__proto__/constructor',
    ]) {
      const answer = await world.ask('GET', path, undefined, token)
      assert.equal(answer.status, 404, path)
      assert.equal((answer.json as { code: string }).code, 'NOT_FOUND')
    }
    for (const path of ['/', '/favicon.svg', '/app/dashboard/main.ts']) {
      const answer = await world.ask('POST', path, undefined, token)
      assert.equal(answer.status, 405, path)
      assert.equal(answer.headers.get('allow'), 'GET, HEAD')
    }
  })
})

const rawGet = async (url: string, accepted: string) => {
  const { get } = await import('node:http')
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
  get(url, { headers: { 'accept-encoding': accepted }, agent: false }, resolve).on('error', reject)
  const answer = await promise
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return { bytes: Buffer.concat(chunks), headers: answer.headers }
}

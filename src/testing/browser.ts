/**
 * A real Chromium for tests of what people see.
 *
 *   await using browser = await launchBrowser()
 *   await using watched = await WatchedPage.open(browser, { width: 360 })
 *   await watched.page.goto(url, { waitUntil: 'domcontentloaded' })
 *   await until(watched.page, 'the first second', "Number(document.documentElement.dataset.seq) > 0")
 *   watched.assertClean()
 *
 * Never wait for `networkidle`: an event stream is never idle.
 */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Page,
  type PageScreenshotOptions,
  type Request,
} from 'playwright-core'
import { requireChromium } from './components.ts'

/** A headless Chromium with a fresh profile that asks nothing of the network but this machine. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: requireChromium().path,
    timeout: 120_000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      // Containers have 64 MB there, which is too little for it.
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-proxy-server',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  })

export interface PageOptions {
  /** In CSS pixels: 1280 × 800. */
  width?: number
  height?: number
  deviceScaleFactor?: number
  colorScheme?: 'light' | 'dark'
  forcedColors?: 'active' | 'none'
  /** `reduce`, unless said otherwise. */
  reducedMotion?: 'reduce' | 'no-preference'
  javaScript?: boolean
  /** No network at all: only files load. */
  offline?: boolean
  /** Origins that the page may ask for things; without them, that of its first address. */
  origins?: readonly string[]
  /** Of operations of Playwright such as a click, in ms. */
  timeoutMs?: number
}

const generousMs = 60_000

/** A page of its own context, which notes all that a page of ours must never do. */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page
  readonly #context: BrowserContext
  readonly #problems: string[] = []
  readonly #allowed: RegExp[] = []
  readonly #origins: Set<string>

  private constructor(context: BrowserContext, page: Page, origins: readonly string[]) {
    this.#context = context
    this.page = page
    this.#origins = new Set(origins)
  }

  static async open(browser: Browser, options: PageOptions = {}): Promise<WatchedPage> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      deviceScaleFactor: options.deviceScaleFactor ?? 1,
      colorScheme: options.colorScheme ?? 'light',
      forcedColors: options.forcedColors ?? 'none',
      reducedMotion: options.reducedMotion ?? 'reduce',
      javaScriptEnabled: options.javaScript ?? true,
      offline: options.offline ?? false,
      locale: 'en-GB',
      timezoneId: 'UTC',
    })
    context.setDefaultTimeout(options.timeoutMs ?? generousMs)
    const watched = new WatchedPage(context, await context.newPage(), options.origins ?? [])
    await watched.#watch()
    return watched
  }

  /**
   * So far: page errors, console errors, violations of the Content-Security-Policy, and requests to any other origin.
   * Those that match what `allow` was told are left out.
   */
  get problems(): readonly string[] {
    return this.#problems.filter((problem) => !this.#allowed.some((pattern) => pattern.test(problem)))
  }

  /** For what a test provokes, such as `/net::ERR_CONNECTION_REFUSED/` or `/status of 422/`. */
  allow(...patterns: readonly RegExp[]): void {
    this.#allowed.push(...patterns)
  }

  assertClean(): void {
    assert.deepEqual(this.problems, [])
  }

  /** PNG, in CSS pixels. With `path` also written there. */
  screenshot(options: PageScreenshotOptions = {}): Promise<Buffer> {
    return this.page.screenshot({ scale: 'css', animations: 'disabled', caret: 'hide', ...options })
  }

  /** By how many CSS pixels the page is wider than its window: 0 where nothing scrolls sideways. */
  async sidewaysPx(): Promise<number> {
    const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    return Math.max(0, Number(await this.page.evaluate(width)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close()
  }

  async #watch(): Promise<void> {
    const { page } = this
    page.on('pageerror', (error) => this.#problems.push(`page error: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      if (message.type() !== 'error') return
      this.#problems.push(`console error: ${message.text()} (${message.location().url})`)
    })
    page.on('request', (request) => this.#check(request))
    page.on('websocket', (socket) => this.#checkAddress(socket.url()))
    const report = 'groundswellReportViolation'
    await this.#context.exposeBinding(report, (_source, violation: unknown) => {
      this.#problems.push(`policy violation: ${String(violation)}`)
    })
    // The policy does not hold for scripts of the browser's own side.
    await this.#context.addInitScript({
      content: `document.addEventListener('securitypolicyviolation', (event) =>
        window.${report}([event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber].join(' ')))`,
    })
  }

  #check(request: Request): void {
    const isFirstAddress =
      this.#origins.size === 0 &&
      request.isNavigationRequest() &&
      request.frame().parentFrame() === null &&
      request.redirectedFrom() === null
    if (isFirstAddress) this.#origins.add(originOf(request.url()))
    this.#checkAddress(request.url())
  }

  #checkAddress(url: string): void {
    const isOwn = /^(data|blob|about):/.test(url) || this.#origins.has(originOf(url))
    if (!isOwn) this.#problems.push(`foreign request: ${url}`)
  }
}

/** Of a file: itself, since no two files are of one origin. */
const originOf = (url: string): string => {
  const { origin, protocol, pathname } = new URL(url)
  return protocol === 'file:' ? pathname : origin
}

/** What runs in the page: an expression as text, or a function that takes `argument` and nothing from outside. */
export type PagePredicate<Argument> = string | ((argument: Argument) => unknown)

/**
 * Polls until `predicate` gives a truthy value, and gives that. From outside: Playwright's own waiting evaluates text
 * inside the page, which a strict policy forbids. An error, as while the page reloads, is one more vain attempt.
 */
export const until = async <Argument = undefined>(
  page: Page,
  description: string,
  predicate: PagePredicate<Argument>,
  { timeoutMs = generousMs, argument }: { timeoutMs?: number; argument?: Argument } = {},
): Promise<unknown> => {
  const ask = predicate as (argument: unknown) => unknown
  const deadline = performance.now() + timeoutMs
  for (let last: unknown; ; await delay(50)) {
    try {
      last = await page.evaluate(ask, argument as unknown)
      if (last) return last
    } catch (error) {
      if (page.isClosed()) throw error
      last = error
    }
    if (performance.now() < deadline) continue
    const seen = await page.evaluate(pageState).catch(() => undefined)
    const told = `waited ${timeoutMs} ms for ${description} at ${page.url()}; last seen: ${String(last)}`
    throw new Error(`${told}\nthe page: ${JSON.stringify(seen)}`)
  }
}

const pageState = '({ ...document.documentElement.dataset, text: document.body?.innerText.slice(0, 600) })'

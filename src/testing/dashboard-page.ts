import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { type PageOptions, until, WatchedPage } from './browser.ts'
import { type RunPageReading, readRunPage, readTable } from './in-page.mjs'
import { waitFor } from './wait-for.ts'

/** The dashboard as a person uses it: with mouse and eyes. */
export class DashboardPage implements AsyncDisposable {
  readonly watched: WatchedPage
  readonly page: Page

  private constructor(watched: WatchedPage) {
    this.watched = watched
    this.page = watched.page
  }

  static async open(browser: Browser, url: string, options: PageOptions = {}): Promise<DashboardPage> {
    const watched = await WatchedPage.open(browser, options)
    await watched.page.goto(url, { waitUntil: 'domcontentloaded' })
    try {
      await until(watched.page, 'the page to be there', "document.querySelector('h1') !== null", {
        timeoutMs: 120_000,
      })
    } catch (error) {
      // A module that does not load leaves an empty page, and says so only here.
      throw new Error([String(error), ...watched.problems].join('\n'))
    }
    return new DashboardPage(watched)
  }

  /** From the first page: the id of the run, whose page is then open. */
  async startRun(scenario: string): Promise<string> {
    const { page } = this
    await page.getByLabel('Scenario, as YAML').fill(scenario)
    return this.startWhatIsThere()
  }

  async startWhatIsThere(): Promise<string> {
    const { page } = this
    await until(
      page,
      'the scenario to be judged right',
      "document.querySelector('#scenario-state.good') !== null",
    )
    await page.getByRole('button', { name: 'Start run' }).click()
    return String(await until(page, "the run's page", 'document.documentElement.dataset.run'))
  }

  read(): Promise<RunPageReading> {
    return this.page.evaluate(readRunPage)
  }

  /** Polls the page until `isSo`; fails with what it showed last. */
  async awaitReading(
    what: string,
    isSo: (reading: RunPageReading) => boolean,
    timeoutMs = 60_000,
  ): Promise<RunPageReading> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const reading = await this.read()
      if (isSo(reading)) return reading
      if (performance.now() > deadline)
        assert.fail(`waited ${timeoutMs} ms for ${what}; the page: ${JSON.stringify(reading, undefined, 1)}`)
      await this.page.waitForTimeout(50)
    }
  }

  /** Text of all rows, the heading first; of a chart after opening its table. */
  async table(name: string): Promise<string[][]> {
    const summary = this.page.getByLabel(`${name} as table`).and(this.page.locator('summary'))
    return waitFor(
      `rows in the table ${name}`,
      async () => {
        // Charts come behind the page, and what was closed fills itself a moment after it was opened.
        if ((await summary.count()) > 0 && !(await isOpen(summary))) await summary.click()
        const all = await this.page.evaluate(readTable, name)
        return all !== null && all.length > 1 ? all : undefined
      },
      60_000,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watched[Symbol.asyncDispose]()
  }
}

const isOpen = (summary: ReturnType<Page['locator']>): Promise<boolean> =>
  summary.evaluate('(summary) => summary.parentElement.open')

/** A tile by its name and a word of its window; one of its figures. */
export const figureOf = (reading: RunPageReading, name: string, window: RegExp, label: string): string => {
  const tile = reading.tiles.find((one) => one.name === name && window.test(one.window))
  return (
    tile?.figures[label] ?? assert.fail(`no ${label} of ${name}, ${window}: ${JSON.stringify(reading.tiles)}`)
  )
}

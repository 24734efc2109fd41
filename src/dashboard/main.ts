import { ApiProblem } from './api-client.ts'
import { browserClock } from './browser-clock.ts'
import { element, setText } from './element.ts'
import type { OpenPage, Page, PageContext } from './page.ts'
import { Announcer } from './shell/announcer.ts'
import { FetchApiClient } from './shell/fetch-api-client.ts'
import { KeptText } from './shell/kept-text.ts'
import { fillHead } from './shell/shell-head.ts'
import { createKeyHelp } from './shell/shell-keys.ts'
import { routeOf, type ShellRoute, tokenInHash } from './shell/shell-route.ts'
import { createThemeSwitch } from './shell/theme.ts'
import { askForToken } from './shell/token-form.ts'

/** The shell: what stays while pages come and go. */

const place = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

const pages: Record<ShellRoute['name'], () => Promise<OpenPage>> = {
  home: async () => (await import('./home/home-page.ts')).openHomePage,
  run: async () => (await import('./run/run-page.ts')).openRunPage,
  compare: async () => (await import('./compare/compare-page.ts')).openComparePage,
}

const root = document.documentElement
const main = place('main')
const status = place('status')
const alertPlace = place('alert')
const version = document.querySelector<HTMLMetaElement>('meta[name=version]')?.content ?? ''

const token = new KeptText(() => sessionStorage, 'token')
const brought = tokenInHash(location.hash)
if (brought !== undefined) {
  token.value = brought.token
  history.replaceState(null, '', brought.rest)
}

const keys = createKeyHelp(new KeptText(() => localStorage, 'keys'))
const theme = createThemeSwitch(new KeptText(() => localStorage, 'theme'), root)
const head = fillHead({ pages: place('pages'), tools: place('tools') }, version, [theme, keys.button])
const announcer = new Announcer(browserClock, (sentence) => {
  // The same sentence twice is news as well, yet no change of the region.
  status.textContent = ''
  status.textContent = sentence
})

let page: Page | undefined
/** Grows with every route, so that a page that came late is known. */
let turn = 0

const showTitle = (): void => {
  document.title = page === undefined ? 'Groundswell' : `${page.title} | Groundswell`
}

/** While a token is asked for the orchestrator does answer: what pages say of the silence that follows is not so. */
let isAsking = false
let alertText = ''
const showStanding = (): void => {
  head.showConnection(isAsking ? 'asking' : (root.dataset.conn ?? 'opening'))
  setText(alertPlace, isAsking ? '' : alertText)
}
const askToken = async (wasRefused: boolean): Promise<string | undefined> => {
  isAsking = true
  showStanding()
  try {
    return await askForToken(wasRefused)
  } finally {
    isAsking = false
    showStanding()
  }
}

const context: PageContext = {
  api: new FetchApiClient({
    fetch: (...request) => fetch(...request),
    clock: browserClock,
    token,
    askToken,
  }),
  clock: browserClock,
  announce: (sentence) => announcer.announce(sentence),
  alert: (sentence) => {
    alertText = sentence
    showStanding()
  },
  go: (hash) => {
    location.hash = hash
  },
  onTitle: showTitle,
  mark: (name, value) => {
    root.dataset[name] = value
    if (name === 'conn') showStanding()
  },
}

/** Of a page that is gone, or does not exist yet, nothing may be said any more. */
const contextOf = (mine: number): PageContext => {
  const ifCurrent =
    <Arguments extends unknown[]>(work: (...given: Arguments) => void) =>
    (...given: Arguments): void => {
      if (mine === turn) work(...given)
    }
  return {
    ...context,
    announce: ifCurrent(context.announce),
    alert: ifCurrent(context.alert),
    onTitle: ifCurrent(context.onTitle),
    mark: ifCurrent(context.mark),
  }
}

const show = async (): Promise<void> => {
  const mine = ++turn
  const route = routeOf(location.hash)
  page?.close()
  page = undefined
  context.alert('')
  context.mark('run', '')
  context.mark('seq', '')
  context.mark('conn', 'opening')
  head.showRoute(route)
  try {
    const open = await pages[route.name]()
    if (mine !== turn) return
    page = open(contextOf(mine), route.path, route.query)
    main.replaceChildren(...unknownNotice(route), page.element)
    showTitle()
  } catch (error) {
    if (mine !== turn) return
    context.mark('conn', 'failed')
    main.replaceChildren(failure(error))
  }
  // Whoever came by a link goes on reading here, not at the top of what was there before.
  if (mine > 1) {
    main.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }
}

const unknownNotice = ({ unknown }: ShellRoute): HTMLElement[] =>
  unknown === null
    ? []
    : [element('p', { class: 'notice caution' }, `There is no page at ${unknown}. These are all runs.`)]

const failure = (error: unknown): HTMLElement =>
  element(
    'div',
    { class: 'stack', role: 'alert' },
    element('h1', {}, 'This page could not be shown'),
    element(
      'p',
      {},
      error instanceof ApiProblem || !(error instanceof TypeError)
        ? String(error instanceof Error ? error.message : error)
        : 'A part of it did not come: the orchestrator does not answer.',
    ),
    element('div', {}, element('button', { type: 'button', onclick: () => void show() }, 'Try again')),
  )

place('skip').addEventListener('click', (event) => {
  event.preventDefault()
  main.focus()
})
window.addEventListener('hashchange', () => {
  const late = tokenInHash(location.hash)
  if (late !== undefined) {
    token.value = late.token
    history.replaceState(null, '', late.rest)
  }
  void show()
})
void show()

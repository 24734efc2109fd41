import type { RunResult, SteeringRecord } from '../../results/run-result.ts'
import { element, setText } from '../element.ts'
import { openRunModel } from '../model/live-run-model.ts'
import type { RunModel } from '../model/run-model.ts'
import type { TrackView } from '../model/track.ts'
import type { OpenPage, Page, PageContext } from '../page.ts'
import { headerOf } from './run-header.ts'
import { type Hold, holdText, toggleHold } from './run-hold.ts'
import { actionOf, type RunAction } from './run-keys.ts'
import { alertOf, calmed, newsOf, type Seen, seenOf, spokenState } from './run-news.ts'
import { isWaiting, mergeSteering, runNow } from './run-now.ts'
import { QueueWatch } from './run-queue.ts'
import { RunSteerer } from './run-steerer.ts'
import { nameText, sentenceText } from './run-text.ts'
import { RunView } from './run-view.ts'

/** `#/runs/ID?request=NAME&view=recent|whole`: one run, while it goes on and ever after. */
export const openRunPage: OpenPage = (context, path, query) => new RunPage(context, path[0] ?? '', query)

/**
 * The model says that something is new, the page shows it, at most once a second and not while nobody looks. The page keeps
 * nothing of the run but what is on the screen: a reload loses nothing.
 */
class RunPage implements Page {
  readonly element = element('div', { class: 'run' })
  readonly #context: PageContext
  readonly #id: string
  readonly #model: RunModel
  readonly #steerer: RunSteerer
  readonly #queue: QueueWatch
  readonly #notice = element('div', { class: 'stack' })
  #view: RunView | undefined
  /** As asked for; undefined: what suits the run. */
  #trackView: TrackView | undefined
  #title: string
  #hold: Hold | undefined
  #steering: readonly SteeringRecord[] = []
  #seen: Seen | undefined
  #alert = ''

  constructor(context: PageContext, id: string, query: URLSearchParams) {
    const { api, clock } = context
    this.#context = context
    this.#id = id
    this.#title = nameText(id, 100)
    const view = query.get('view')
    this.#trackView = view === 'recent' || view === 'whole' ? view : undefined
    this.#steerer = new RunSteerer({
      api,
      clock,
      id,
      onChange: () => this.#view?.updateControls(this.#behind),
    })
    this.#queue = new QueueWatch({ api, clock, id, onChange: () => this.#update() })
    this.#model = openRunModel({ api, clock, id, request: query.get('request') ?? '*' })
    this.element.append(this.#notice)
    context.mark('run', id)
    document.addEventListener('keydown', this.#pressed)
    document.addEventListener('visibilitychange', this.#update)
    this.#model.onChange(this.#update)
    this.#update()
  }

  get title(): string {
    return this.#title
  }

  close(): void {
    document.removeEventListener('keydown', this.#pressed)
    document.removeEventListener('visibilitychange', this.#update)
    this.#model.close()
    this.#steerer.close()
    this.#queue.close()
    this.#view?.close()
  }

  get #elapsedMs(): number {
    const { result, latest } = this.#model
    return result === undefined ? 0 : runNow(result, latest).elapsedMs
  }

  get #behind(): string {
    return holdText(this.#hold, this.#elapsedMs)
  }

  /** Events are told at once; what is drawn waits for somebody who looks, and while it is held. */
  readonly #update = (): void => {
    const { link, result, latest } = this.#model
    this.#context.mark('conn', link.kind)
    if (latest !== undefined) this.#context.mark('seq', String(latest.seq))
    const alert = alertOf(link)
    if (alert !== this.#alert) this.#context.alert(alert)
    this.#alert = alert
    if (result === undefined) {
      this.#showNotice()
      return
    }
    this.#tell(result)
    if (!document.hidden) this.#draw(result)
  }

  #tell(result: RunResult): void {
    const { latest, link } = this.#model
    const { state } = runNow(result, latest)
    this.#steering = mergeSteering(mergeSteering(this.#steering, result.steering), latest?.steering ?? [])
    this.#steerer.hear(state, this.#steering, link.kind === 'live')
    if (state === 'queued') this.#queue.ask()
    const seen = calmed(this.#seen, seenOf(result, latest), this.#context.clock.nowMs())
    const news = newsOf(this.#seen, seen, result)
    this.#seen = seen
    for (const sentence of news) this.#context.announce(sentence)
  }

  #draw(result: RunResult): void {
    const { latest, link, request } = this.#model
    const view = this.#openView(result)
    const header = headerOf(result, latest, link, this.#queue.position)
    if (header.title !== this.#title) {
      this.#title = header.title
      this.#context.onTitle()
    }
    view.updateHead(header, this.#hold !== undefined)
    view.updateControls(this.#behind)
    if (this.#hold !== undefined) return
    const trackView = this.#trackViewOf(result)
    view.update({
      result,
      latest,
      request,
      steering: this.#steering,
      track: isWaiting(result.state) ? undefined : this.#model.track(trackView),
      recent: this.#model.track('recent'),
      trackView,
      link,
    })
  }

  #trackViewOf({ state }: RunResult): TrackView {
    return this.#trackView ?? (state === 'finished' ? 'whole' : 'recent')
  }

  #openView({ scenario }: RunResult): RunView {
    if (this.#view !== undefined) return this.#view
    this.#view = new RunView({
      context: this.#context,
      id: this.#id,
      request: this.#model.request,
      steerer: this.#steerer,
      scenario,
      onHold: () => this.#toggleHold(),
      onRequest: (request) => {
        this.#hold = undefined
        this.#model.choose(request)
        this.#keepAddress()
        this.#update()
      },
      onView: (view) => {
        this.#hold = undefined
        this.#trackView = view
        this.#keepAddress()
        this.#update()
      },
    })
    this.element.replaceChildren(this.#view.element)
    return this.#view
  }

  /** Nothing of the run is known yet, or nothing ever will be. */
  #showNotice(): void {
    const { link } = this.#model
    if (link.kind !== 'failed') {
      if (this.#notice.childElementCount === 0) this.#notice.append(element('p', { class: 'dim' }))
      const text =
        link.kind === 'stale' ? 'The orchestrator does not answer. Trying again.' : 'Looking for the run …'
      if (this.#notice.firstChild !== null) setText(this.#notice.firstChild, text)
      return
    }
    const { status, message, hint } = link.problem
    const name = nameText(this.#id, 100)
    const isUnknown = status === 404 || status === 400
    this.#title = isUnknown ? 'No such run' : 'Not allowed'
    this.#context.onTitle()
    this.#notice.replaceChildren(
      element('h1', {}, isUnknown ? 'There is no such run' : 'This run cannot be shown'),
      element(
        'p',
        { role: 'alert' },
        isUnknown
          ? `Nobody here knows a run ${name}. It may have been removed, or another orchestrator has it.`
          : `${sentenceText(message)} ${sentenceText(hint)}`.trim(),
      ),
      element('p', {}, element('a', { href: '#/' }, 'All runs')),
    )
  }

  #toggleHold(): void {
    this.#hold = toggleHold(this.#hold, this.#elapsedMs)
    this.#update()
  }

  /** A reload, and whoever is given the address, sees the same. */
  #keepAddress(): void {
    const query = new URLSearchParams()
    if (this.#model.request !== '*') query.set('request', this.#model.request)
    if (this.#trackView !== undefined) query.set('view', this.#trackView)
    const text = query.toString()
    history.replaceState(null, '', `#/runs/${encodeURIComponent(this.#id)}${text === '' ? '' : `?${text}`}`)
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    const target = event.target instanceof HTMLElement ? event.target : null
    const isInText = target?.closest('input, textarea, select, [contenteditable]') != null
    const action = actionOf({
      key: event.key,
      isModified: event.ctrlKey || event.altKey || event.metaKey,
      isRepeated: event.repeat,
      isInText,
      isInControl: isInText || target?.closest('button, a, summary, [tabindex="0"]') != null,
    })
    if (event.defaultPrevented || action === undefined || document.querySelector('dialog[open]') !== null)
      return
    event.preventDefault()
    this.#act(action)
  }

  #act(action: RunAction): void {
    const { result, latest } = this.#model
    if (result === undefined) return
    if (action === 'pauseOrResume') this.#steerer.pauseOrResume()
    else if (action === 'hold') this.#toggleHold()
    else if (action === 'speak')
      this.#context.announce(spokenState(result, latest, this.#model.track('recent')))
    else this.#steerer.stepRate(action)
  }
}

import type { RunResult, SteeringRecord } from '../results/run-result.ts'
import type { RunUpdate } from '../results/run-update.ts'
import type { Span } from './charts-input.ts'
import { element, setAttribute, setText } from './element.ts'
import type { PageContext } from './page.ts'
import { RunCharts } from './run-charts.ts'
import { chartsInputOf } from './run-charts-input.ts'
import { RequestChooser } from './run-chooser.ts'
import { RunControls } from './run-controls.ts'
import { RunHead } from './run-head.ts'
import type { HeaderView } from './run-header.ts'
import { lightsOf } from './run-lights.ts'
import type { Link } from './run-model.ts'
import { isWaiting } from './run-now.ts'
import { RunRecord } from './run-record.ts'
import { SecondLoader } from './run-second.ts'
import type { RunSteerer } from './run-steerer.ts'
import { RunTables } from './run-tables.ts'
import { tilesOf } from './run-tiles.ts'
import { SpectrumFigure } from './spectrum-figure.ts'
import type { Track, TrackView } from './track.ts'

export interface RunViewOptions {
  context: PageContext
  id: string
  request: string
  steerer: RunSteerer
  onHold: () => void
  onRequest: (request: string) => void
  onView: (view: TrackView) => void
}

/** All of one instant. */
export interface RunViewInput {
  result: RunResult
  latest: RunUpdate | undefined
  request: string
  steering: readonly SteeringRecord[]
  /** Of the chosen view; undefined until it is here. */
  track: Track | undefined
  recent: Track | undefined
  trackView: TrackView
  link: Link
}

/** Of a longer run the two views differ. */
const recentMs = 600_000

/** What a run looks like: header, tiles, charts, tables, record, in this order. */
export class RunView {
  readonly element: HTMLElement
  readonly #options: RunViewOptions
  readonly #controls: RunControls
  readonly #head: RunHead
  readonly #chooser: RequestChooser
  readonly #views: Record<TrackView, HTMLButtonElement>
  readonly #charts: RunCharts
  readonly #spectrum = new SpectrumFigure()
  readonly #seconds: SecondLoader
  readonly #noCharts = element('p', { class: 'dim run-no-charts', hidden: true })
  readonly #bar: HTMLElement
  readonly #viewSwitch: HTMLElement
  readonly #tables: RunTables
  readonly #record: RunRecord
  #chosen: Span | undefined
  #request: string

  constructor(options: RunViewOptions) {
    const { context, id, request, steerer, onHold, onView } = options
    this.#options = options
    this.#request = request
    this.#controls = new RunControls(steerer, onHold)
    this.#head = new RunHead(this.#controls.element)
    this.#chooser = new RequestChooser(request, (name) => this.#choose(name))
    const viewButton = (view: TrackView, text: string) =>
      element('button', { type: 'button', onclick: () => onView(view) }, text)
    this.#views = {
      recent: viewButton('recent', 'Last 10 min'),
      whole: viewButton('whole', 'Whole run'),
    }
    this.#viewSwitch = element(
      'div',
      { class: 'segmented', role: 'group', 'aria-label': 'Time shown' },
      this.#views.recent,
      this.#views.whole,
    )
    this.#bar = element('div', { class: 'bar run-bar' }, this.#chooser.element, this.#viewSwitch)
    this.#charts = new RunCharts({
      clock: context.clock,
      onChoose: (span) => this.#chooseSpan(span),
      announce: (sentence) => context.announce(sentence),
    })
    this.#seconds = new SecondLoader({
      api: context.api,
      id,
      show: (state) => {
        this.#spectrum.element.hidden = state.kind === 'none'
        this.#spectrum.draw(state)
      },
    })
    // What a click on the map opens stands under it.
    this.#charts.element.firstElementChild?.after(this.#spectrum.element)
    this.#spectrum.element.hidden = true
    this.#tables = new RunTables((name) => this.#choose(name))
    this.#record = new RunRecord(context.api, id)
    this.element = element(
      'div',
      { class: 'stack run-view' },
      this.#head.element,
      this.#head.tiles,
      this.#bar,
      this.#noCharts,
      this.#charts.element,
      this.#tables.element,
      this.#record.element,
    )
  }

  close(): void {
    this.#seconds.close()
    this.#charts.close()
    this.#spectrum.close()
  }

  /** `isHeld`: how far the run is stays as it is, unlike its state and its link. */
  updateHead(header: HeaderView, isHeld: boolean): void {
    this.#head.update(header, isHeld)
  }

  updateControls(behind: string): void {
    this.#controls.update(behind)
  }

  update(input: RunViewInput): void {
    const { result, latest, request, steering, track, recent, trackView } = input
    this.#head.updateLights(lightsOf(result, latest))
    const isBegun = !isWaiting(latest?.state ?? result.state) && result.startedAt !== null
    this.#head.tiles.hidden = !isBegun
    if (isBegun) this.#head.updateTiles(tilesOf({ result, latest, track: recent, request }))
    this.#chooser.update(result.requests)
    this.#viewSwitch.hidden = Math.max(result.elapsedMs, latest?.elapsedMs ?? 0) < recentMs
    for (const view of ['recent', 'whole'] as const)
      setAttribute(this.#views[view], 'aria-pressed', String(view === trackView))
    this.#drawCharts(input, track)
    this.#tables.update(result, latest, steering)
    this.#record.update(result)
  }

  #drawCharts({ result, request, steering, trackView }: RunViewInput, track: Track | undefined): void {
    const hasSeconds = track !== undefined && track.length > 0
    setText(this.#noCharts, hasSeconds ? '' : emptyReason(result, track))
    this.#noCharts.hidden = hasSeconds
    this.#charts.element.hidden = !hasSeconds
    this.#bar.hidden = !hasSeconds && request === '*'
    if (hasSeconds) this.#charts.draw(chartsInputOf(result, track, steering, trackView, request))
  }

  #choose(request: string): void {
    this.#request = request
    this.#chooser.choose(request)
    this.#options.onRequest(request)
    if (this.#chosen !== undefined) this.#seconds.choose(this.#chosen, request)
  }

  #chooseSpan(span: Span | undefined): void {
    this.#chosen = span
    this.#seconds.choose(span, this.#request)
  }
}

/** Charts without anything in them say why. */
const emptyReason = (result: RunResult, track: Track | undefined): string => {
  if (result.error !== null) return 'It never began, so there is nothing to draw.'
  if (isWaiting(result.state)) return 'Charts begin with the first second of the run.'
  if (track === undefined) return 'The seconds of the run are on their way.'
  return result.state === 'finished'
    ? 'No second was measured, so there is nothing to draw.'
    : 'No second is complete yet.'
}

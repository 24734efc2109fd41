import type { RunResult, SteeringRecord } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { element, setAttribute, setText } from '../element.ts'
import type { Link } from '../model/run-model.ts'
import type { Track, TrackView } from '../model/track.ts'
import type { PageContext } from '../page.ts'
import { chartsInputOf } from './run-charts-input.ts'
import { RequestChooser } from './run-chooser.ts'
import { RunControls } from './run-controls.ts'
import type { RunDrawings } from './run-drawings.ts'
import { RunHead } from './run-head.ts'
import type { HeaderView } from './run-header.ts'
import { lightsOf } from './run-lights.ts'
import { isWaiting } from './run-now.ts'
import { RunRecord } from './run-record.ts'
import type { RunSteerer } from './run-steerer.ts'
import { RunTables } from './run-tables.ts'
import { tilesOf } from './run-tiles.ts'

export interface RunViewOptions {
  context: PageContext
  id: string
  request: string
  steerer: RunSteerer
  scenario: Scenario
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
  readonly #drawingsPlace = element('div', { hidden: true })
  #drawings: RunDrawings | undefined
  readonly #noCharts = element('p', { class: 'dim run-no-charts', hidden: true })
  readonly #bar: HTMLElement
  readonly #viewSwitch: HTMLElement
  readonly #tables: RunTables
  readonly #record: RunRecord
  #input: RunViewInput | undefined
  #request: string
  #isClosed = false

  constructor(options: RunViewOptions) {
    const { context, id, request, steerer, scenario, onHold, onView } = options
    this.#options = options
    this.#request = request
    this.#controls = new RunControls(steerer, scenario, onHold)
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
    this.#tables = new RunTables((name) => this.#choose(name))
    this.#record = new RunRecord(context.api, id)
    this.element = element(
      'div',
      { class: 'stack run-view' },
      this.#head.element,
      this.#head.tiles,
      this.#bar,
      this.#noCharts,
      this.#drawingsPlace,
      this.#tables.element,
      this.#record.element,
    )
    void this.#fetchDrawings()
  }

  /** They are half of the page's weight, and figures are there without them. */
  async #fetchDrawings(): Promise<void> {
    const { context, id } = this.#options
    const { RunDrawings } = await import('./run-drawings.ts')
    if (this.#isClosed) return
    this.#drawings = new RunDrawings(context, id, this.#request)
    this.#drawingsPlace.append(this.#drawings.element)
    if (this.#input !== undefined) this.#drawCharts(this.#input)
  }

  close(): void {
    this.#isClosed = true
    this.#drawings?.close()
  }

  /** `isHeld`: how far the run is stays as it is, unlike its state and its link. */
  updateHead(header: HeaderView, isHeld: boolean): void {
    this.#head.update(header, isHeld)
  }

  updateControls(behind: string): void {
    this.#controls.update(behind)
  }

  update(input: RunViewInput): void {
    const { result, latest, request, steering, recent, trackView } = input
    this.#head.updateLights(lightsOf(result, latest))
    const isBegun = !isWaiting(latest?.state ?? result.state) && result.startedAt !== null
    this.#head.tiles.hidden = !isBegun
    if (isBegun) this.#head.updateTiles(tilesOf({ result, latest, track: recent, request }))
    this.#chooser.update(result.requests)
    this.#viewSwitch.hidden = Math.max(result.elapsedMs, latest?.elapsedMs ?? 0) < recentMs
    for (const view of ['recent', 'whole'] as const)
      setAttribute(this.#views[view], 'aria-pressed', String(view === trackView))
    this.#input = input
    this.#drawCharts(input)
    this.#tables.update(result, latest, steering)
    this.#record.update(result)
  }

  #drawCharts({ result, latest, request, steering, track, trackView }: RunViewInput): void {
    const hasSeconds = track !== undefined && track.length > 0
    setText(this.#noCharts, hasSeconds ? '' : emptyReason(result, track))
    this.#noCharts.hidden = hasSeconds
    this.#drawingsPlace.hidden = !hasSeconds
    this.#bar.hidden = !hasSeconds && request === '*'
    if (hasSeconds) this.#drawings?.draw(chartsInputOf(result, latest, track, steering, trackView, request))
  }

  #choose(request: string): void {
    this.#request = request
    this.#chooser.choose(request)
    this.#options.onRequest(request)
    this.#drawings?.choose(request)
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

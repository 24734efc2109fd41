import { element, setAttribute, setText } from '../element.ts'
import type { HeaderView } from './run-header.ts'
import type { LightView } from './run-lights.ts'
import type { Light } from './run-now.ts'
import type { Tile } from './run-tiles.ts'

/** The top of a run's page: name, state, verdict, lights and tiles. `controls` stands beside the name. */
export class RunHead {
  readonly element: HTMLElement
  readonly tiles = element('dl', { class: 'tiles run-tiles', 'aria-label': 'Figures' })
  readonly #name = element('h1', { class: 'run-name' })
  readonly #id = element('span', { class: 'mono dim run-id' })
  readonly #state = element('strong', { class: 'light run-state' })
  readonly #progress = element('span', { class: 'number' })
  readonly #link = element('span', { class: 'light small run-link' })
  readonly #verdict = element('p', { class: 'notice run-verdict', hidden: true })
  readonly #more = element('ul', { class: 'run-why', hidden: true })
  readonly #lights = element('ul', {
    class: 'run-lights',
    'aria-label': 'SLOs and troubles',
    hidden: true,
  })
  #lightKeys = ''
  readonly #tiles = new Map<string, TileParts>()

  constructor(controls: HTMLElement) {
    this.element = element(
      'header',
      { class: 'run-head' },
      element(
        'div',
        { class: 'run-headline' },
        element(
          'div',
          { class: 'run-title' },
          this.#name,
          element('p', { class: 'run-facts-line' }, this.#state, this.#progress, this.#link, this.#id),
        ),
        controls,
      ),
      this.#verdict,
      this.#more,
      this.#lights,
    )
  }

  /** `isHeld`: how far the run is stays as it is. */
  update({ name, id, state, progress, link, verdict }: HeaderView, isHeld: boolean): void {
    setText(this.#name, name)
    setText(this.#id, id)
    showLight(this.#state, 'run-state', state)
    if (!isHeld) setText(this.#progress, progress)
    showLight(this.#link, 'small run-link', link)
    this.#verdict.hidden = verdict === null
    this.#more.hidden = verdict === null || verdict.more.length === 0
    if (verdict === null) return
    setText(this.#verdict, verdict.sentence)
    setAttribute(this.#verdict, 'class', `notice run-verdict ${verdict.tone}`)
    if (this.#more.childElementCount !== verdict.more.length)
      this.#more.replaceChildren(...verdict.more.map(() => element('li')))
    for (const [i, text] of verdict.more.entries()) {
      const item = this.#more.children[i]
      if (item !== undefined) setText(item, text)
    }
  }

  updateLights(lights: readonly LightView[]): void {
    this.#lights.hidden = lights.length === 0
    const keys = JSON.stringify(lights.map(({ key }) => key))
    if (keys !== this.#lightKeys) {
      this.#lightKeys = keys
      this.#lights.replaceChildren(
        ...lights.map(() => element('li', {}, element('strong'), ' ', element('span'))),
      )
    }
    for (const [i, { tone, word, text }] of lights.entries()) {
      const [mark, words] = this.#lights.children[i]?.children ?? []
      if (mark === undefined || words === undefined) continue
      setAttribute(mark, 'class', `light ${tone}`)
      setText(mark, word)
      setText(words, text)
    }
  }

  updateTiles(tiles: readonly Tile[]): void {
    const keys = new Set(tiles.map(({ key }) => key))
    for (const [key, { box }] of this.#tiles) {
      if (keys.has(key)) continue
      box.remove()
      this.#tiles.delete(key)
    }
    for (const [i, tile] of tiles.entries()) {
      const parts = this.#tiles.get(tile.key) ?? makeTile()
      this.#tiles.set(tile.key, parts)
      if (this.tiles.children[i] !== parts.box)
        this.tiles.insertBefore(parts.box, this.tiles.children[i] ?? null)
      showTile(parts, tile)
    }
  }
}

const showLight = (place: HTMLElement, classes: string, { tone, word }: Light): void => {
  setAttribute(place, 'class', `light ${tone} ${classes}`)
  setText(place, word)
}

interface TileParts {
  box: HTMLElement
  name: HTMLElement
  figures: HTMLElement
  window: HTMLElement
}

const makeTile = (): TileParts => {
  const name = element('dt')
  const figures = element('span', { class: 'run-figures' })
  const window = element('small')
  return {
    box: element('div', { class: 'tile' }, name, element('dd', {}, figures, window)),
    name,
    figures,
    window,
  }
}

const showTile = (parts: TileParts, { name, figures, window }: Tile): void => {
  setText(parts.name, name)
  setText(parts.window, window)
  if (parts.figures.childElementCount !== figures.length)
    parts.figures.replaceChildren(
      ...figures.map(() => element('span', { class: 'run-figure' }, element('span'), element('small'))),
    )
  for (const [i, { label, text }] of figures.entries()) {
    const [value, unit] = parts.figures.children[i]?.children ?? []
    if (value !== undefined) setText(value, text)
    if (unit !== undefined) setText(unit, label)
  }
}

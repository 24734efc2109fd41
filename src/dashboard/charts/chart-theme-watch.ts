import { type ChartTheme, themeOf } from './chart-theme.ts'

/** The page's theme as it is now; `onChange` is called when the switch, the system or forced colours change it. */
export class ThemeWatch {
  #theme: ChartTheme
  readonly #dark = matchMedia('(prefers-color-scheme: dark)')
  readonly #forced = matchMedia('(forced-colors: active)')
  readonly #observer: MutationObserver
  readonly #look: () => void

  constructor(onChange: () => void) {
    this.#theme = this.#read()
    this.#look = () => {
      this.#theme = this.#read()
      onChange()
    }
    this.#observer = new MutationObserver(this.#look)
    this.#observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    this.#dark.addEventListener('change', this.#look)
    this.#forced.addEventListener('change', this.#look)
  }

  get theme(): ChartTheme {
    return this.#theme
  }

  close(): void {
    this.#observer.disconnect()
    this.#dark.removeEventListener('change', this.#look)
    this.#forced.removeEventListener('change', this.#look)
  }

  #read(): ChartTheme {
    return themeOf({
      chosen: document.documentElement.dataset.theme,
      systemIsDark: this.#dark.matches,
      isForced: this.#forced.matches,
    })
  }
}

import type { Clock } from '../../lib/clock.ts'
import type { CookieJar } from './cookie-jar.ts'
import type { Origin } from './exchange.ts'
import type { RenderContext } from './text-template.ts'

const noRows = new Int32Array(0)

/** The operation whose request is being rendered. Rendering is synchronous, so one object serves all. */
export class OperationContext implements RenderContext {
  readonly #clock: Clock
  index = 0
  rows: Int32Array = noRows
  variables: ReadonlyMap<string, string> | undefined
  jar: CookieJar | undefined
  origin: Origin | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  readonly cookiesFor = (path: string): string =>
    this.jar === undefined || this.origin === undefined
      ? ''
      : this.jar.fieldFor(this.origin, path, this.#clock.wallMs())
}

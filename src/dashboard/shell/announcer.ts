import type { Timer } from '../../lib/clock.ts'
import type { PageClock } from '../page.ts'

/** Between two sentences: whoever listens shall hear each to its end. */
export const betweenMs = 5000

/** Says sentences to screen readers, never two within 5 s; of those that wait, the latest counts. */
export class Announcer {
  readonly #clock: PageClock
  readonly #say: (sentence: string) => void
  #saidMs = Number.NEGATIVE_INFINITY
  #waiting: string | undefined
  #timer: Timer | undefined

  constructor(clock: PageClock, say: (sentence: string) => void) {
    this.#clock = clock
    this.#say = say
  }

  announce(sentence: string): void {
    this.#waiting = sentence
    if (this.#timer !== undefined) return
    const leftMs = this.#saidMs + betweenMs - this.#clock.nowMs()
    if (leftMs <= 0) this.#speak()
    else this.#timer = this.#clock.after(leftMs, () => this.#speak())
  }

  #speak(): void {
    this.#timer = undefined
    const sentence = this.#waiting
    if (sentence === undefined) return
    this.#waiting = undefined
    this.#saidMs = this.#clock.nowMs()
    this.#say(sentence)
  }
}

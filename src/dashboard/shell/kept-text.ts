/** A text that the browser keeps; where it may not (private windows, full), the page still works and forgets. */
export class KeptText {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined
  readonly #key: string
  #value: string | null

  constructor(open: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, name: string) {
    this.#key = `groundswell.${name}`
    this.#storage = attempt(open)
    this.#value = attempt(() => this.#storage?.getItem(this.#key)) ?? null
  }

  get value(): string | null {
    return this.#value
  }

  set value(text: string | null) {
    this.#value = text
    attempt(() => {
      if (text === null) this.#storage?.removeItem(this.#key)
      else this.#storage?.setItem(this.#key, text)
    })
  }
}

const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

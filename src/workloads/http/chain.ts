/** What a {@link Chain} links. A link is in one chain at most. */
export interface ChainLink<T> {
  before: T | undefined
  after: T | undefined
}

/** A doubly linked list through its items' own fields: every operation is O(1) and allocates nothing. */
export class Chain<T extends ChainLink<T>> {
  #first: T | undefined
  #last: T | undefined

  get first(): T | undefined {
    return this.#first
  }

  get last(): T | undefined {
    return this.#last
  }

  push(item: T): void {
    item.before = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.after = item
    this.#last = item
  }

  unshift(item: T): void {
    item.after = this.#first
    if (this.#first === undefined) this.#last = item
    else this.#first.before = item
    this.#first = item
  }

  /** The item must be in this chain. */
  remove(item: T): void {
    const { before, after } = item
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    item.before = undefined
    item.after = undefined
  }
}

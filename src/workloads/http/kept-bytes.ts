/** Beyond this a copying loop loses against the engine's own copy, which costs a view. */
const shortCopyBytes = 96

/** What is held on to between two messages. */
const idleCapacityBytes = 65_536

const none = new Uint8Array(0)

/** The first bytes of a stream, up to a limit, in one buffer that grows as needed and is used again. */
export class KeptBytes {
  #bytes = none
  #limit = 0
  #length = 0

  /** Forgets what is there; from now on `limit` bytes at most are kept. */
  reset(limit: number): void {
    this.#limit = limit
    this.#length = 0
    if (this.#bytes.length > idleCapacityBytes) this.#bytes = none
  }

  get length(): number {
    return this.#length
  }

  /** Copies buffer[from, to), or as much of it as the limit leaves room for. */
  append(buffer: Uint8Array, from: number, to: number): void {
    const count = Math.min(to - from, this.#limit - this.#length)
    if (count <= 0) return
    this.#reserve(this.#length + count)
    const bytes = this.#bytes
    if (count > shortCopyBytes) {
      bytes.set(buffer.subarray(from, from + count), this.#length)
    } else {
      for (let i = 0; i < count; i++) bytes[this.#length + i] = buffer[from + i] as number
    }
    this.#length += count
  }

  /** What was kept: a view, good until the next `append` or `reset`. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return
    const grown = new Uint8Array(Math.min(this.#limit, Math.max(length, 2 * this.#bytes.length, 512)))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/** Heads of usual servers are shorter; comparing and copying stays cheap. */
const maxHeadBytes = 1024

/** After a remembered head that never came again, so many heads are neither compared nor remembered. */
const restHeads = 16

/**
 * The last head, octet for octet. Servers send the same head again and again, at least until their clock's next
 * second; seen to be the same in one native comparison, it need not be read. The reader keeps what it made of that
 * head, so nothing else is remembered here. A server whose every head differs costs next to nothing: see `restHeads`.
 */
export class HeadMemo {
  #bytes = Buffer.alloc(0)
  /** 0: no head is remembered. */
  #length = 0
  #wasUsed = true
  #rest = 0

  /** The length of the head that bytes[from, to) begin with, where it is the remembered one; else 0. */
  match(bytes: Uint8Array, from: number, to: number): number {
    const length = this.#length
    if (length === 0 || to - from < length) return 0
    if (this.#bytes.compare(bytes, from, from + length, 0, length) !== 0) return 0
    this.#wasUsed = true
    return length
  }

  /** The reader's results are of another head now. */
  forget(): void {
    if (this.#length > 0 && !this.#wasUsed) this.#rest = restHeads
    this.#length = 0
  }

  /** The reader's results are of the head bytes[from, to), which it had whole. */
  remember(bytes: Uint8Array, from: number, to: number): void {
    if (this.#rest > 0) {
      this.#rest--
      return
    }
    const length = to - from
    if (length > maxHeadBytes) return
    if (length > this.#bytes.length) this.#bytes = Buffer.alloc(Math.min(maxHeadBytes, 2 * length))
    this.#bytes.set(bytes.subarray(from, to))
    this.#length = length
    this.#wasUsed = false
  }
}

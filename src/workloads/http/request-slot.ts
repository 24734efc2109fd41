const initialCapacityBytes = 512
const ZERO = 0x30

/** A longer text is left to the engine's own encoder; for a shorter one the call would cost more than the loop. */
const shortTextLength = 48

const hexDigit = (nibble: number): number => nibble + (nibble < 10 ? ZERO : 0x57)

/** A growing buffer into which a request is written from front to back, and again for the next request. */
export class RequestSlot {
  bytes: Buffer = Buffer.allocUnsafeSlow(initialCapacityBytes)
  /** Where the next byte goes. */
  at = 0
  /** The pieces of the template that always stand at the same place have been written here once. */
  isLaidOut = false
  #view: Uint8Array = this.bytes.subarray(0, 0)

  /** What was written: a view, the same object as long as neither length nor buffer has changed. */
  view(): Uint8Array {
    if (this.#view.length !== this.at || this.#view.buffer !== this.bytes.buffer)
      this.#view = this.bytes.subarray(0, this.at)
    return this.#view
  }

  text(): string {
    return this.bytes.toString('utf8', 0, this.at)
  }

  literal(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  /** As UTF-8. */
  utf8(text: string): void {
    const { length } = text
    this.#reserve(3 * length)
    if (length <= shortTextLength && this.#ascii(text)) return
    this.at += this.bytes.write(text, this.at)
  }

  /** A safe integer in decimal. */
  integer(value: number): void {
    this.#reserve(17)
    let rest = value
    if (rest < 0) {
      this.bytes[this.at++] = 0x2d
      rest = -rest
    }
    let width = 1
    for (let limit = 10; limit <= rest; limit *= 10) width++
    this.#digits(rest, width, this.at)
    this.at += width
  }

  /** The last `width` decimal digits of a safe integer, zeros in front. */
  digits(value: number, width: number): void {
    this.#reserve(width)
    this.#digits(value, width, this.at)
    this.at += width
  }

  /** Four hexadecimal digits: the word's lower 16 bits. */
  hex16(word: number): void {
    this.#reserve(4)
    for (let shift = 12; shift >= 0; shift -= 4) this.bytes[this.at++] = hexDigit((word >>> shift) & 15)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.bytes[this.at++] = value
  }

  /** Overwrites `width` bytes that are there already. */
  patchDigits(value: number, width: number, at: number): void {
    this.#digits(value, width, at)
  }

  #digits(value: number, width: number, at: number): void {
    let rest = value
    for (let i = at + width - 1; i >= at; i--) {
      const next = Math.floor(rest / 10)
      this.bytes[i] = ZERO + (rest - next * 10)
      rest = next
    }
  }

  /** False at the first character beyond ASCII; then `at` has not moved. */
  #ascii(text: string): boolean {
    const { bytes, at } = this
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[at + i] = code
    }
    this.at = at + text.length
    return true
  }

  #reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.at + count, 2 * this.bytes.length))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
  }
}

import { RequestSlot } from './request-slot.ts'
import { literalPiece, type Piece, type RenderContext } from './text-template.ts'

/** Leading zeros are valid (RFC 9110, 8.6: 1*DIGIT), and so a length of any size can be patched into its place. */
const lengthWidth = 10
const lengthField = `Content-Length: ${'0'.repeat(lengthWidth)}\r\n\r\n`
const headEnd = 4

/**
 * One request, compiled:
 *
 *   head piece ... | "Content-Length: " 10 digits CR LF CR LF | body piece ...      a body whose length varies
 *   head piece ... | "Content-Length: " length CR LF CR LF    | body piece ...      a body whose length does not
 *   head piece ... | CR LF                                                          no body
 *
 * Without a template in it it is one prebuilt buffer, which all exchanges share and nobody ever changes. Otherwise it is
 * rendered into a slot; there the literals in front of the first value of varying width are written once, since they
 * stay where they are. A slot belongs to one exchange until that gives it back.
 */
export class RequestTemplate {
  /** The request, where it is always the same. */
  readonly prebuilt: Uint8Array | undefined
  readonly #pieces: readonly Piece[]
  /** So many pieces stand at the same place in every rendering. */
  readonly #fixedPieces: number
  /** The first piece of a body whose length must be patched in; -1: none. */
  readonly #patchedBody: number
  readonly #free: RequestSlot[] = []

  /** `head`: from the request line on, each field with its CR LF. `body`: undefined for a request that has none. */
  constructor(head: readonly Piece[], body: readonly Piece[] | undefined) {
    const bodyLength = body?.reduce<number | undefined>(
      (sum, { width }) => (sum === undefined || width === undefined ? undefined : sum + width),
      0,
    )
    const end =
      body === undefined
        ? '\r\n'
        : bodyLength === undefined
          ? lengthField
          : `Content-Length: ${bodyLength}\r\n\r\n`
    const front = mergeLiterals([...head, literalPiece(Buffer.from(end))])
    const back = mergeLiterals(body ?? [])
    const isPatched = body !== undefined && bodyLength === undefined
    // The head stays apart from a patched body, so that the body's beginning is known while it is written.
    const pieces = isPatched ? [...front, ...back] : mergeLiterals([...front, ...back])
    const [only] = pieces
    this.prebuilt = pieces.length === 1 ? only?.literal : undefined
    this.#pieces = pieces
    this.#patchedBody = isPatched ? front.length : -1
    const varying = pieces.findIndex(({ width }) => width === undefined)
    this.#fixedPieces = varying === -1 ? pieces.length : varying
  }

  /** A slot with the request in it, or undefined where a value cannot stand in it. Not for prebuilt ones. */
  render(context: RenderContext): RequestSlot | undefined {
    const slot = this.#free.pop() ?? new RequestSlot()
    if (this.#write(slot, context)) return slot
    this.#free.push(slot)
    return undefined
  }

  /** Takes a slot back whose bytes nobody reads any more. */
  release(slot: RequestSlot): void {
    this.#free.push(slot)
  }

  #write(slot: RequestSlot, context: RenderContext): boolean {
    const pieces = this.#pieces
    let bodyAt = 0
    slot.at = 0
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]
      if (piece === undefined) break
      if (i === this.#patchedBody) bodyAt = slot.at
      if (slot.isLaidOut && piece.literal !== undefined && i < this.#fixedPieces)
        slot.at += piece.literal.length
      else if (!piece.write(slot, context)) return false
    }
    slot.isLaidOut = true
    if (bodyAt > 0) slot.patchDigits(slot.at - bodyAt, lengthWidth, bodyAt - headEnd - lengthWidth)
    return true
  }
}

/** Neighbouring literals as one. */
const mergeLiterals = (pieces: readonly Piece[]): Piece[] => {
  const merged: Piece[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (piece.literal !== undefined && last?.literal !== undefined)
      merged[merged.length - 1] = literalPiece(Buffer.concat([last.literal, piece.literal]))
    else merged.push(piece)
  }
  return merged
}

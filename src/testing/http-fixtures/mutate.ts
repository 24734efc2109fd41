/** The next draw from [0, below). */
export type Draw = (below: number) => number

const CR = 0x0d
/** Bytes that mean something somewhere in a response. */
const telling = Buffer.from('\r\n\0\t :;,"=0159afgzAHTP-\x7f\x80\xff')

const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

const flip = (bytes: Uint8Array, draw: Draw): Uint8Array => {
  const result = bytes.slice()
  const at = draw(bytes.length)
  result[at] = draw(2) === 0 ? (telling[draw(telling.length)] ?? 0) : (bytes[at] ?? 0) ^ (1 << draw(8))
  return result
}

const insert = (bytes: Uint8Array, draw: Draw): Uint8Array => {
  const at = draw(bytes.length + 1)
  const from = draw(telling.length)
  return joined(bytes.subarray(0, at), telling.subarray(from, from + 1 + draw(2)), bytes.subarray(at))
}

/** A range of up to 20 bytes, at times a longer one. */
const drawRange = (bytes: Uint8Array, draw: Draw): [from: number, to: number] => {
  const from = draw(bytes.length)
  return [from, Math.min(bytes.length, from + 1 + draw(draw(4) === 0 ? bytes.length : 20))]
}

const drop = (bytes: Uint8Array, draw: Draw): Uint8Array => {
  const [from, to] = drawRange(bytes, draw)
  return joined(bytes.subarray(0, from), bytes.subarray(to))
}

const double = (bytes: Uint8Array, draw: Draw): Uint8Array => {
  const [from, to] = drawRange(bytes, draw)
  return joined(bytes.subarray(0, to), bytes.subarray(from))
}

const swapLines = (bytes: Uint8Array, draw: Draw): Uint8Array => {
  const lines: Uint8Array[] = []
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(CR, from)
    const to = end < 0 ? bytes.length : Math.min(bytes.length, end + 2)
    lines.push(bytes.subarray(from, to))
    from = to
  }
  const a = draw(lines.length)
  const b = draw(lines.length)
  const order = lines.map((line, i) => (i === a ? lines[b] : i === b ? lines[a] : line) ?? line)
  return joined(...order)
}

/** The beginning of one and the end of another. */
const splice = (bytes: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array =>
  joined(bytes.subarray(0, draw(bytes.length + 1)), other.subarray(draw(other.length + 1)))

/** One to three small faults in an answer; `other` lends its end to some. */
export const mutate = (bytes: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array => {
  let result = bytes
  for (let faults = 1 + draw(3); faults > 0 && result.length > 0; faults--) {
    const kinds = [flip, insert, drop, double, swapLines]
    const kind = kinds[draw(kinds.length + 1)]
    result = kind === undefined ? splice(result, other, draw) : kind(result, draw)
  }
  return result
}

/**
 * A column of the heat map as the browser reads it: the format is that of `results/heat-column.ts`, whose decoder needs
 * Node's Buffer. Whatever the text is, nothing is thrown: `undefined` where it is no column.
 */
const maxRows = 1000

const noCounts = new Uint32Array(0)

/** Counts by row, from row 0 to the last that holds something. */
export const decodeColumn = (text: string): Uint32Array | undefined => {
  if (text === '') return noCounts
  const numbers = decodeVarints(text)
  const first = numbers?.[0]
  if (numbers === undefined || first === undefined || first > maxRows) return undefined
  const counts: number[] = new Array<number>(first).fill(0)
  for (let i = 1; i < numbers.length; i++) {
    const count = numbers[i] ?? 0
    counts.push(count)
    if (count === 0) {
      const more = numbers[++i]
      if (more === undefined || counts.length + more > maxRows) return undefined
      for (let j = 0; j < more; j++) counts.push(0)
    }
    if (counts.length > maxRows) return undefined
  }
  return Uint32Array.from(counts)
}

const decodeVarints = (text: string): number[] | undefined => {
  let bytes: string
  try {
    bytes = atob(text)
  } catch {
    return undefined
  }
  const numbers: number[] = []
  let factor = 1
  let number = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i)
    number += (byte & 0x7f) * factor
    factor *= 128
    if (number > 0xffff_ffff || factor > 2 ** 42) return undefined
    if (byte >= 0x80) continue
    numbers.push(number)
    number = 0
    factor = 1
  }
  return factor === 1 ? numbers : undefined
}

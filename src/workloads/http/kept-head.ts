import { asciiBytes, COLON, CR, SPACE, spells, TAB } from './byte-classes.ts'

/** A header field: its name in lower case, its value without surrounding blanks, octets as latin1. */
export type HeaderField = readonly [name: string, value: string]

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')

/**
 * Calls `visit` with the bounds of each field line of a head that the head parser has accepted: every line ends in
 * CR LF and has a colon; the status line may follow blank lines. Stops when `visit` says false.
 */
const visitFields = (
  head: Uint8Array,
  visit: (nameFrom: number, colon: number, lineEnd: number) => boolean,
): void => {
  let from = 0
  while (head[from] === CR) from += 2
  from = head.indexOf(CR, from) + 2
  for (;;) {
    const lineEnd = head.indexOf(CR, from)
    if (lineEnd <= from) return
    if (!visit(from, head.indexOf(COLON, from), lineEnd)) return
    from = lineEnd + 2
  }
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB

const valueBetween = (head: Uint8Array, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isBlank(head[start])) start++
  while (end > start && isBlank(head[end - 1])) end--
  return latin1(head, start, end)
}

/** The values of every field with this lower-case name, in order; at most `limit` of them. */
export const findHeaders = (head: Uint8Array, name: string, limit: number): string[] => {
  const wanted = asciiBytes(name)
  const values: string[] = []
  visitFields(head, (nameFrom, colon, lineEnd) => {
    if (colon - nameFrom === wanted.length && spells(head, nameFrom, wanted)) {
      values.push(valueBetween(head, colon + 1, lineEnd))
    }
    return values.length < limit
  })
  return values
}

export const listHeaders = (head: Uint8Array): HeaderField[] => {
  const fields: HeaderField[] = []
  visitFields(head, (nameFrom, colon, lineEnd) => {
    fields.push([latin1(head, nameFrom, colon).toLowerCase(), valueBetween(head, colon + 1, lineEnd)])
    return true
  })
  return fields
}

/** The head as it came, status line included, octets as latin1. */
export const headText = (head: Uint8Array): string => latin1(head, 0, head.length)

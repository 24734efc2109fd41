/**
 * The part of JSONPath (RFC 9535) that names exactly one value:
 *
 *   path = "$" { "." name | "[" index "]" | "['" name "']" | '["' name '"]' }
 *   name (after a dot) = letter, "_" or any character above ASCII, then also digits and "-"
 *   index = an integer; negative counts from the end
 *
 * In brackets a backslash takes the next character as it is. Wildcards, slices and filters name many values, and are faults.
 */
export type JsonPath = readonly (string | number)[]

export type JsonPathParse = { ok: true; path: JsonPath } | { ok: false; message: string; expected: string }

/** Longer ones are no paths but accidents. */
const maxPathLength = 1000

const segmentPattern =
  /\.([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff-]*)|\[\s*(-?\d{1,9})\s*\]|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\]/y

const expected = "a path such as $.state, $.items[0].id, $.items[-1] or $['odd name']"

export const parseJsonPath = (text: string): JsonPathParse => {
  if (text.length > maxPathLength)
    return { ok: false, message: `a JSON path of ${text.length} characters`, expected }
  if (!text.startsWith('$')) return { ok: false, message: `"${text}" does not begin with $`, expected }
  const path: (string | number)[] = []
  segmentPattern.lastIndex = 1
  while (segmentPattern.lastIndex < text.length) {
    const at = segmentPattern.lastIndex
    const match = segmentPattern.exec(text)
    if (match === null)
      return { ok: false, message: `"${text}" cannot be read from "${text.slice(at)}" on`, expected }
    const [, dotted, index, single, double] = match
    if (index !== undefined) path.push(Number(index))
    else path.push(dotted ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'))
  }
  return { ok: true, path }
}

/** The value at the path, or undefined where there is none. Looks at own properties only. */
export const readJsonPath = (path: JsonPath, value: unknown): unknown => {
  let at = value
  for (const step of path) {
    if (typeof step === 'number') {
      if (!Array.isArray(at)) return undefined
      at = at[step < 0 ? at.length + step : step]
    } else {
      if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, step))
        return undefined
      at = (at as Record<string, unknown>)[step]
    }
  }
  return at
}

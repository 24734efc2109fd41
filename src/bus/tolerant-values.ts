/**
 * How values are read in messages of nodes that were written by others. A value that is not given (absent, null, blank)
 * and one that makes no sense are both `undefined`: the message is kept if the rest suffices. Every reader takes time in
 * proportion to its input at most.
 */

/** A number, text or id that means something is shorter; what is longer is not looked at. */
const longestValue = 100

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== 'string' || value.trim() !== '')

/** Fields by name, ignoring case and `_` and `-`: `node_IP`, `node_ip` and `nodeIp` are one. */
export type Fields = (name: string) => unknown

/**
 * The exact spelling goes before others, the first of these before later ones, and what is not given hides nothing. A key
 * such as `__proto__` is a key like another. Undefined where the value is no map.
 */
export const fieldsOf = (value: unknown): Fields | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const data = value as Record<string, unknown>
  const spelled = new Map<string, unknown>()
  for (const key of Object.keys(data)) {
    if (key.length > longestValue) continue
    const canonical = canonicalOf(key)
    if (!isGiven(spelled.get(canonical))) spelled.set(canonical, data[key])
  }
  return (name) =>
    Object.hasOwn(data, name) && isGiven(data[name]) ? data[name] : spelled.get(canonicalOf(name))
}

const canonicalOf = (key: string): string => key.toLowerCase().replaceAll('_', '').replaceAll('-', '')

/** The first of several names that is given. */
export const firstGiven = (fields: readonly Fields[], names: readonly string[]): unknown => {
  for (const name of names)
    for (const field of fields) {
      const value = field(name)
      if (isGiven(value)) return value
    }
  return undefined
}

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i

/** A finite JSON number, or a decimal text with blanks around it. */
export const readNumber = (value: unknown): number | undefined => {
  if (typeof value === 'string') {
    const text = value.length <= longestValue ? value.trim() : ''
    return decimal.test(text) ? readNumber(Number(text)) : undefined
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A number that is not negative. */
export const readQuantity = (value: unknown): number | undefined => {
  const number = readNumber(value)
  return number !== undefined && number >= 0 ? Math.abs(number) : undefined
}

/** A whole number that is not negative. */
export const readCount = (value: unknown): number | undefined => {
  const number = readQuantity(value)
  return Number.isSafeInteger(number) ? number : undefined
}

const words: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['true', true],
  ['1', true],
  ['no', false],
  ['false', false],
  ['0', false],
])

/** `"YES"`, `true`, `1` and the like; anything else is neither yes nor no. */
export const readTruth = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value)
  return text.length <= longestValue ? words.get(text.trim().toLowerCase()) : undefined
}

/** A text that is not blank, cut to `maxLength`; a number is said as one. */
export const readText = (value: unknown, maxLength: number): string | undefined => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && isGiven(value) ? value.slice(0, maxLength) : undefined
}

/**
 * An id: a text, or a number (some draw `randint(0, 100)`). A number that JSON cannot tell from its neighbours is none,
 * and nothing is cut: both would make two nodes one.
 */
export const readId = (value: unknown): string | undefined => {
  if (typeof value === 'number')
    return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined
  return typeof value === 'string' && isGiven(value) ? value : undefined
}

/** Later instants are no instants: nanoseconds, and noise. The year 2286. */
const lastInstantMs = 1e13

/**
 * Epoch milliseconds of a number or numeric text (above 1e14 microseconds, above 1e11 milliseconds, else seconds) or of an
 * instant in ISO 8601, which without a zone is UTC.
 */
export const readInstantMs = (value: unknown): number | undefined => {
  const number = readQuantity(value)
  const ms =
    number === undefined
      ? readIso(value)
      : number > 1e14
        ? number / 1000
        : number > 1e11
          ? number
          : number * 1000
  return ms !== undefined && ms > 0 && ms < lastInstantMs ? ms : undefined
}

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d):?(\d\d)?)?)?$/

const readIso = (value: unknown): number | undefined => {
  if (typeof value !== 'string' || value.length > longestValue) return undefined
  const match = iso.exec(value.trim())
  if (match === null) return undefined
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day, hours, minutes, seconds] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hours > 24 || minutes > 59 || seconds > 60)
    return undefined
  const zoneMinutes = (part(9) * 60 + part(10)) * (match[8] === '-' ? -1 : 1)
  const wholeSeconds = ((daysOf(year, month, day) * 24 + hours) * 60 + minutes - zoneMinutes) * 60 + seconds
  return wholeSeconds * 1000 + Number(`0.${match[7] ?? 0}`) * 1000
}

/** Days since 1970-01-01 in the Gregorian calendar: years begin in March, so that the leap day is the last. */
const daysOf = (year: number, month: number, day: number): number => {
  const years = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return (
    years * 365 +
    Math.floor(years / 4) -
    Math.floor(years / 100) +
    Math.floor(years / 400) +
    dayOfYear -
    719_468
  )
}

const endMarkers: ReadonlySet<string> = new Set(['EOF', 'EOT', 'EOFBREAK'])

/** Some say the end of a topic's messages in plain text. `text`: with or without the quotes of JSON. */
export const isEndMarker = (text: string): boolean =>
  text.length <= longestValue &&
  endMarkers.has(
    text
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toUpperCase(),
  )

/**
 * Parses JSON, and what Python's `json` and Go's friends make of it: `NaN`, `Infinity` and `-Infinity` where a value stands
 * are null. Undefined where it is not even that.
 */
export const parseLeniently = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    if (!text.includes('NaN') && !text.includes('Infinity')) return undefined
  }
  try {
    return JSON.parse(withoutNonNumbers(text))
  } catch {
    return undefined
  }
}

const nonNumbers = ['NaN', 'Infinity', '-Infinity'] as const

/** Outside of strings. A scan by hand: a regular expression would look at an unclosed string again and again. */
const withoutNonNumbers = (text: string): string => {
  const pieces: string[] = []
  let from = 0
  let isString = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') isString = !isString
    else if (isString) i += character === '\\' ? 1 : 0
    else if (character === 'N' || character === 'I' || character === '-') {
      const word = nonNumbers.find((candidate) => text.startsWith(candidate, i))
      if (word === undefined) continue
      pieces.push(text.slice(from, i), 'null')
      from = i + word.length
      i = from - 1
    }
  }
  return pieces.join('') + text.slice(from)
}

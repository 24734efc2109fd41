import { editDistance } from '../lib/edit-distance.ts'
import { AppError } from '../lib/errors.ts'

/** From the root of the scenario: keys of maps and indices of lists. */
export type Path = readonly (string | number)[]

/** One thing wrong in a scenario, as the finder knows it: by its path, without a place yet. */
export interface Fault {
  path: Path
  /** The whole sentence: what is wrong. */
  message: string
  /** What would be right, where the message does not say it. */
  expected?: string
  /** The nearest known word, or what to do. A search is done only for faults that are shown. */
  hint?: string | (() => string | undefined)
  /** The key itself is wrong, not what it holds. */
  atKey?: boolean
  /** Offsets in the text, from and to, where the path does not say it well enough. */
  range?: readonly [number, number]
  /** Where it is instead, such as a flag of the command line. */
  elsewhere?: string
  /** It is about keys that a map does not have. */
  missing?: { map: Path; keys: readonly string[] }
  /** It is an unknown key, near to this one of the same map. */
  meant?: { map: Path; key: string }
}

/** One fault, placed; lines and columns count from 1. */
export interface ScenarioFault {
  /** The file, or the command-line flag, that holds it. */
  file: string
  line?: number
  column?: number
  /** As `http.requests[2].check.status`; empty for the whole. */
  path: string
  message: string
  expected?: string
  hint?: string
  /** The line, or so much of it as surrounds the column. */
  sourceLine?: string
  /** Characters of the source line that are meant, from `column` on. */
  width?: number
  /** Characters of the line before `sourceLine`, where it is a piece. */
  skipped?: number
}

/** More would help nobody. */
export const maxFaultsShown = 50

/** SCENARIO_INVALID. Its message is the rendered listing; `faults` are at most {@link maxFaultsShown} of `total`. */
export class ScenarioInvalid extends AppError {
  readonly file: string
  readonly faults: readonly ScenarioFault[]
  readonly total: number

  constructor(file: string, faults: readonly ScenarioFault[], total: number) {
    super('SCENARIO_INVALID', renderFaults(file, faults, total))
    this.file = file
    this.faults = faults
    this.total = total
  }
}

/** `http.requests[2].headers["x y"]`. */
export const formatPath = (path: Path): string => {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[A-Za-z_$][\w$-]*$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(cut(step, 60))}]`
  }
  return text
}

export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3)}...`

/** A misspelt key is one fault, not also the absence of the key that was meant. */
export const withoutConsequences = (faults: Fault[]): Fault[] => {
  const meant = new Set<string>()
  for (const fault of faults)
    if (fault.meant !== undefined) meant.add(JSON.stringify([fault.meant.map, fault.meant.key]))
  if (meant.size === 0) return faults
  return faults.filter(
    ({ missing }) =>
      missing === undefined || !missing.keys.some((key) => meant.has(JSON.stringify([missing.map, key]))),
  )
}

/** The known word that the user probably meant; undefined where none is near. */
export const nearest = (word: string, known: Iterable<string>): string | undefined => {
  if (word.length > 60) return undefined
  const wanted = word.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of known) {
    const offered = candidate.toLowerCase()
    if (Math.abs(offered.length - wanted.length) >= bestDistance) continue
    // Letters in the wrong order are one slip, though their distance is two.
    const away = isAnagram(wanted, offered)
      ? Math.min(1, editDistance(wanted, offered))
      : editDistance(wanted, offered)
    if (away >= bestDistance) continue
    best = candidate
    bestDistance = away
  }
  return best
}

const isAnagram = (a: string, b: string): boolean =>
  a.length === b.length && [...a].sort().join('') === [...b].sort().join('')

const count = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'fault' : 'faults'}`

/** All of them as a compiler shows them, then how many more there are. */
const renderFaults = (file: string, faults: readonly ScenarioFault[], total: number): string => {
  const more = total - faults.length
  return [
    `${count(total)} in ${file}`,
    ...faults.map(renderFault),
    ...(more > 0 ? [`... and ${more.toLocaleString('en-US')} more`] : []),
  ].join('\n\n')
}

/** The longest piece of a source line that is shown. */
const maxExcerpt = 100
/** A note goes beside the carets where it ends before this column. */
const maxLabelled = 120

const renderFault = (fault: ScenarioFault): string => {
  const place = [fault.file, fault.line, fault.column].filter((part) => part !== undefined).join(':')
  const lines = [fault.message, `  --> ${place}${fault.path === '' ? '' : `  ${fault.path}`}`]
  const notes = [
    ...(fault.expected === undefined ? [] : [`expected ${fault.expected}`]),
    ...(fault.hint === undefined ? [] : [fault.hint]),
  ]
  if (fault.sourceLine === undefined || fault.line === undefined || fault.column === undefined)
    return [...lines, ...notes.map((note) => `   = ${note}`)].join('\n')

  const { excerpt, at } = excerptOf(fault)
  const carets = '^'.repeat(Math.max(1, Math.min(fault.width ?? 1, excerpt.length - at)))
  const number = String(fault.line)
  const gutter = ' '.repeat(number.length)
  const marked = `${' '.repeat(at)}${carets}`
  const [label, ...rest] =
    marked.length + (notes[0]?.length ?? 0) < maxLabelled ? notes : [undefined, ...notes]
  lines.push(` ${gutter} |`, ` ${number} | ${excerpt}`)
  lines.push(` ${gutter} | ${marked}${label === undefined ? '' : ` ${label}`}`)
  for (const note of rest) lines.push(` ${gutter} = ${note}`)
  return lines.join('\n')
}

const excerptOf = (fault: ScenarioFault): { excerpt: string; at: number } => {
  const { sourceLine = '', column = 1, skipped = 0 } = fault
  const at = column - 1 - skipped
  const shown = sourceLine.replace(/\p{Cc}/gu, ' ').trimEnd()
  if (shown.length <= maxExcerpt) return { excerpt: shown, at: Math.min(at, shown.length) }
  const from = Math.max(0, Math.min(at - 30, shown.length - maxExcerpt))
  const before = from === 0 && skipped === 0 ? '' : '... '
  const excerpt = `${before}${shown.slice(from, from + maxExcerpt)}${from + maxExcerpt < shown.length ? ' ...' : ''}`
  return { excerpt, at: at - from + before.length }
}

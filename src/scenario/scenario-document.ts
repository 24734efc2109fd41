import { maskSecrets } from './mask-secrets.ts'
import type { Fault, Path, ScenarioFault } from './scenario-faults.ts'
import { cut, formatPath } from './scenario-faults.ts'
import type { Range, SourceTree } from './source-tree.ts'

/** A text that was written with `${NAME}`. */
export interface FromEnvironment {
  /** As written. */
  raw: string
  resolved: string
}

/**
 * The data of a scenario before its schema has seen it, and where every part of it comes from: the text of a file, a
 * module, a flag of the command line, the environment.
 */
export class ScenarioDocument {
  /** How messages call it. */
  readonly file: string
  data: unknown
  readonly tree: SourceTree | undefined
  readonly #flags = new Map<string, string>()
  readonly #fromEnvironment = new Map<string, FromEnvironment>()

  constructor(file: string, data: unknown, tree?: SourceTree) {
    this.file = file
    this.data = data
    this.tree = tree
  }

  /** What the path holds, and all below it, was given by this flag of the command line. */
  markFlag(path: Path, flag: string): void {
    this.#flags.set(keyOf(path), flag)
  }

  flagOf(path: Path): string | undefined {
    if (this.#flags.size === 0) return undefined
    for (let length = path.length; length >= 0; length--) {
      const flag = this.#flags.get(keyOf(path.slice(0, length)))
      if (flag !== undefined) return flag
    }
    return undefined
  }

  markEnvironment(path: Path, text: FromEnvironment): void {
    this.#fromEnvironment.set(keyOf(path), text)
  }

  environmentOf(path: Path): FromEnvironment | undefined {
    return this.#fromEnvironment.size === 0 ? undefined : this.#fromEnvironment.get(keyOf(path))
  }

  /** The raw value at the path, or undefined. */
  valueAt(path: Path): unknown {
    let at = this.data
    for (const step of path) {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
      at = (at as Record<string | number, unknown>)[step]
    }
    return at
  }

  /** A scalar as the text that the user wrote: `1.10` stays `1.10`, though YAML reads the number 1.1. */
  textAt(path: Path, value: string | number | boolean): string {
    if (typeof value === 'string') return value
    const last = path.at(-1)
    const container = this.valueAt(path.slice(0, -1))
    if (last === undefined || typeof container !== 'object' || container === null) return String(value)
    if (this.flagOf(path) !== undefined) return String(value)
    return this.environmentOf(path)?.resolved ?? this.tree?.scalarAt(container, last)?.source ?? String(value)
  }

  /** The same for other eyes: what came from the environment is shown as it was written, `${NAME}`. */
  shownAt(path: Path, value: string | number | boolean): string {
    return this.environmentOf(path)?.raw ?? this.textAt(path, value)
  }

  /** Sorts faults as a reader meets them. */
  offsetOf(fault: Fault): number {
    if (fault.range !== undefined) return fault.range[0]
    if (this.tree === undefined || this.flagOf(fault.path) !== undefined) return -1
    return this.#rangeOf(this.tree, fault)[0]
  }

  place(fault: Fault): ScenarioFault {
    const { message, expected } = fault
    const hint = typeof fault.hint === 'function' ? fault.hint() : fault.hint
    const placed = {
      path: formatPath(fault.path),
      message: maskSecrets(cut(message, 500)),
      ...(expected === undefined ? {} : { expected: cut(expected, 500) }),
      ...(hint === undefined ? {} : { hint: maskSecrets(hint) }),
    }
    const flag = fault.elsewhere ?? this.flagOf(fault.path)
    if (flag !== undefined) return { ...placed, file: maskSecrets(flag) }
    if (this.tree === undefined) return { ...placed, file: this.file }
    const place = this.tree.placeOf(this.#rangeOf(this.tree, fault))
    return { ...placed, file: this.file, ...place, ...surroundings(place) }
  }

  #rangeOf(tree: SourceTree, fault: Fault): Range {
    return fault.range ?? tree.rangeOf(this.data, fault.path, fault.atKey === true)
  }
}

/** Of a line, around what is meant; the text before that is there for the eye to find it. */
const maxSurroundings = 200
const before = 60

/** So much around that is looked through for secrets: what a piece begins within is not seen as one. */
const maskedAround = 10_000

const surroundings = ({
  column,
  sourceLine,
  width,
}: {
  column: number
  sourceLine: string
  width: number
}): Pick<ScenarioFault, 'sourceLine' | 'width' | 'skipped'> => {
  const at = column - 1
  const maskedFrom = Math.max(0, at - maskedAround)
  const masked = maskSecrets(sourceLine.slice(maskedFrom, at + maskedAround))
  if (sourceLine.length <= maxSurroundings) return { sourceLine: masked }
  const from = Math.max(0, Math.min(at - before, sourceLine.length - maxSurroundings))
  const piece = masked.slice(from - maskedFrom, from - maskedFrom + maxSurroundings)
  return {
    sourceLine: piece,
    width: Math.max(1, Math.min(width, from + piece.length - at)),
    ...(from === 0 ? {} : { skipped: from }),
  }
}

const keyOf = (path: Path): string => JSON.stringify(path)

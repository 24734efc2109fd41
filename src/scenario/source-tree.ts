import {
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Path } from './scenario-faults.ts'

export type Range = readonly [from: number, to: number]

/** Where things are in the text. */
export class SourceTree {
  readonly text: string
  readonly #lines: LineCounter
  /** From what was made to what it was made of. */
  readonly #nodes = new WeakMap<object, YAMLMap | YAMLSeq>()
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>()

  constructor(text: string, lines: LineCounter) {
    this.text = text
    this.#lines = lines
  }

  register(data: object, node: YAMLMap | YAMLSeq): void {
    this.#nodes.set(data, node)
  }

  /** The scalar at a key of a map or an index of a list: as it is written, and whether without quotes. */
  scalarAt(container: object, key: string | number): { source: string; plain: boolean } | undefined {
    const child = this.#childOf(container, key)
    if (!isScalar(child?.value) || child.value.source === undefined) return undefined
    return { source: child.value.source, plain: child.value.type === 'PLAIN' }
  }

  /** Of the value at the path, or of its key where asked or where the value begins below; of the nearest parent where there is none. */
  rangeOf(data: unknown, path: Path, atKey: boolean): Range {
    let container = data
    let found: { key?: unknown; value?: unknown } = { value: undefined }
    for (const step of path) {
      const child =
        typeof container === 'object' && container !== null ? this.#childOf(container, step) : undefined
      if (child === undefined) return rangeOfNode(found.key ?? found.value, true) ?? [0, 0]
      found = child
      container = (container as Record<string | number, unknown>)[step]
    }
    const wantsKey = atKey || isMap(found.value) || isSeq(found.value)
    const range = wantsKey ? rangeOfNode(found.key ?? found.value, true) : rangeOfNode(found.value, false)
    return range !== undefined && range[1] > range[0]
      ? range
      : (rangeOfNode(found.key, false) ?? range ?? [0, 0])
  }

  /** Line and column from 1, the line itself, and how much of the range is on it. */
  placeOf([from, to]: Range): { line: number; column: number; sourceLine: string; width: number } {
    const { line, col } = this.#lines.linePos(from)
    const start = from - col + 1
    const newline = this.text.indexOf('\n', start)
    const end = newline === -1 ? this.text.length : newline
    const sourceLine = this.text.slice(start, end)
    return {
      line,
      column: col,
      sourceLine,
      width: Math.max(1, Math.min(to, start + sourceLine.trimEnd().length) - from),
    }
  }

  #childOf(container: object, key: string | number): { key?: unknown; value: unknown } | undefined {
    const node = this.#nodes.get(container)
    if (node === undefined) return undefined
    if (isSeq(node))
      return typeof key === 'number' && key in node.items ? { value: node.items[key] } : undefined
    let pairs = this.#pairs.get(node)
    if (pairs === undefined) {
      pairs = new Map(node.items.map((pair) => [keyText(pair.key), pair]))
      this.#pairs.set(node, pairs)
    }
    return pairs.get(String(key))
  }
}

export const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key)

/** A collection is shown by its first character. */
export const rangeOfNode = (node: unknown, short: boolean): Range | undefined => {
  const range = (node as Partial<Node> | undefined)?.range
  if (range === undefined || range === null) return undefined
  return short && !isScalar(node) ? [range[0], range[0] + 1] : [range[0], range[1]]
}

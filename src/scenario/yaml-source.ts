import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { cut, type Fault, type Path } from './scenario-faults.ts'

/**
 * YAML 1.2 (and so JSON) to plain data, with the way back from a path to its place in the text.
 *
 * Maps have text keys, each once; `<<: *anchor` merges. Aliases make copies, at most {@link maxAliasedNodes} nodes in
 * all, so that a few lines cannot become gigabytes. Unknown tags, several documents and cycles are faults.
 */
export interface YamlSource {
  data: unknown
  faults: Fault[]
  /** True: the text is no YAML, and `data` means nothing. */
  broken: boolean
  tree: SourceTree
}

const maxAliasedNodes = 100_000
/** A text counts as so many nodes more as it has characters, divided by this. */
const textPerNode = 40
const maxDepth = 64

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

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key)

const lengthOf = (node: unknown): number =>
  isScalar(node) && typeof node.value === 'string' ? node.value.length : 0

/** A collection is shown by its first character. */
const rangeOfNode = (node: unknown, short: boolean): Range | undefined => {
  const range = (node as Partial<Node> | undefined)?.range
  if (range === undefined || range === null) return undefined
  return short && !isScalar(node) ? [range[0], range[0] + 1] : [range[0], range[1]]
}

export const readYaml = (text: string): YamlSource => {
  const lines = new LineCounter()
  const tree = new SourceTree(text, lines)
  const document = parse(text, lines)
  if (document === undefined)
    return {
      data: undefined,
      tree,
      broken: true,
      faults: [{ path: [], message: `nested more than ${maxDepth} levels deep` }],
    }
  const problems = withoutEchoes([...document.errors, ...document.warnings], lines)
  const faults = problems.map((problem): Fault => {
    const [from, to] = problem.pos
    return { path: [], message: sentence(problem), range: [from, to], ...hintFor(text, from) }
  })
  if (document.errors.length > 0) return { data: undefined, tree, broken: true, faults }
  const converter = new Converter(tree)
  const data = converter.convert(document.contents, 0)
  return { data, tree, broken: false, faults: [...faults, ...converter.faults] }
}

const parse = (text: string, lineCounter: LineCounter): Document.Parsed | undefined => {
  try {
    // Keys are compared by the converter: the parser's own comparison is quadratic.
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      logLevel: 'error',
    })
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

/** Once the parser has lost its way, every further token surprises it: one fault a line, and no more surprises. */
const withoutEchoes = (problems: readonly YAMLError[], lines: LineCounter): YAMLError[] => {
  let lastLine = 0
  let isLost = false
  return problems.filter(({ code, pos }) => {
    const { line } = lines.linePos(pos[0])
    const echo = isLost && (code === 'UNEXPECTED_TOKEN' || line === lastLine)
    lastLine = line
    isLost = true
    return !echo
  })
}

const sentences: Partial<Record<YAMLError['code'], string>> = {
  MULTIPLE_DOCS: 'a second document begins here: a scenario is one document',
  NON_STRING_KEY: 'a key that is no text',
}

const sentence = ({ code, message }: YAMLError): string => sentences[code] ?? cut(message, 300)

/** In a flow map or list a brace begins another one, unless it is quoted. */
const hintFor = (text: string, at: number): { hint?: string } => {
  const before = text.slice(Math.max(0, at - 80), at)
  const line = before.slice(before.lastIndexOf('\n') + 1) + (text.slice(at, at + 80).split('\n', 1)[0] ?? '')
  const brace = /(\$|\{)\{/.exec(line)
  if (brace === null || /["'][^"']*$/.test(line.slice(0, brace.index))) return {}
  return brace[1] === '$'
    ? { hint: `within { } and [ ] a reference needs quotes: "\${NAME}"` }
    : { hint: 'texts with {{templates}} need quotes: "/orders/{{seq}}"' }
}

class Converter {
  readonly faults: Fault[] = []
  readonly #tree: SourceTree
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()
  #aliasedNodes = 0
  #aliasDepth = 0
  #refusedBomb = false

  constructor(tree: SourceTree) {
    this.#tree = tree
  }

  convert(node: unknown, depth: number): unknown {
    if (isAlias(node)) return this.#followAlias(node.source, node, depth)
    if (this.#aliasDepth > 0) this.#aliasedNodes += 1 + Math.floor(lengthOf(node) / textPerNode)
    if (isScalar(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
      if (typeof node.value === 'object' && node.value !== null)
        return this.#refuse(node, `the tag ${node.tag ?? ''} is not understood here`)
      if (typeof node.value !== 'number' || Number.isSafeInteger(node.value)) return node.value
      if (/^[-+]?\d+$/.test(node.source ?? ''))
        return this.#refuse(node, 'a number too long to be kept exactly: put it in quotes')
      return Number.isFinite(node.value) ? node.value : node.source
    }
    if (!isMap(node) && !isSeq(node)) return null
    if (depth > maxDepth) return this.#refuse(node, `nested more than ${maxDepth} levels deep`)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    this.#open.add(node)
    const data = isMap(node)
      ? this.#convertMap(node, depth)
      : node.items.map((item) => this.convert(item, depth + 1))
    this.#open.delete(node)
    this.#tree.register(data, node)
    return data
  }

  #convertMap(node: YAMLMap, depth: number): object {
    const data: Record<string, unknown> = {}
    const merged: unknown[] = []
    for (const pair of node.items) {
      const key = keyText(pair.key)
      const value = this.convert(pair.value, depth + 1)
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        merged.push(...(Array.isArray(value) ? value : [value]))
        continue
      }
      if (Object.hasOwn(data, key)) this.#refuse(pair.key, `"${cut(key, 60)}" is there twice`)
      // A key such as __proto__ is a key like any other.
      Object.defineProperty(data, key, { value, enumerable: true, writable: true, configurable: true })
    }
    for (const map of merged) {
      if (typeof map !== 'object' || map === null) continue
      for (const [key, value] of Object.entries(map))
        if (!Object.hasOwn(data, key) && key !== '__proto__') data[key] = value
    }
    return data
  }

  #followAlias(anchor: string, alias: unknown, depth: number): unknown {
    const node = this.#anchors.get(anchor)
    if (node === undefined) return this.#refuse(alias, `no &${anchor} before this *${anchor}`)
    if (this.#open.has(node)) return this.#refuse(alias, `*${anchor} contains itself`)
    if (this.#aliasedNodes > maxAliasedNodes) return this.#refuseBomb(alias)
    this.#aliasDepth++
    const data = this.convert(node, depth)
    this.#aliasDepth--
    return data
  }

  /** Said once: the aliases that follow are only left out. */
  #refuseBomb(alias: unknown): null {
    const message = `aliases that repeat more than ${maxAliasedNodes.toLocaleString('en-US')} values`
    if (!this.#refusedBomb) this.#refuse(alias, message)
    this.#refusedBomb = true
    return null
  }

  #refuse(node: unknown, message: string): null {
    const range = rangeOfNode(node, !isAlias(node))
    this.faults.push({ path: [], message, ...(range === undefined ? {} : { range }) })
    return null
  }
}

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import { cut, type Fault } from './scenario-faults.ts'
import { keyText, rangeOfNode, SourceTree } from './source-tree.ts'

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

/** A whole number of which the last digits are lost. */
const isInexact = (source: string, value: number): boolean =>
  /^[-+]?\d+$/.test(source) && String(value) !== source.replace('+', '')

const lengthOf = (node: unknown): number =>
  isScalar(node) && typeof node.value === 'string' ? node.value.length : 0

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
      if (isInexact(node.source ?? '', node.value))
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
      if (this.#aliasDepth > 0) this.#aliasedNodes += Math.floor(key.length / textPerNode)
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

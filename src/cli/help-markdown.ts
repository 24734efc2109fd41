import { type Line, type Span, type Style, styled } from '../results/summary-text-line.ts'

/**
 * Markdown as far as our own documents use it: headings, paragraphs, lists, tables, fenced code, and within a text
 * code, links, pictures, bold and italics. Comments, and the fences' words, are left out.
 */
export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'item'; marker: string; depth: number; text: string }
  | { kind: 'table'; head: string[]; rows: string[][] }
  | { kind: 'code'; lines: string[] }

const fenceLine = /^\s*```/
const itemLine = /^(\s*)([-*]|\d+\.) +(.*)$/
const headingLine = /^(#+) +(.*)$/

export const blocksOfMarkdown = (markdown: string): Block[] => {
  const blocks: Block[] = []
  const lines = withoutComments(markdown).split('\n')
  // What a line without a mark of its own goes on with.
  let open: { text: string } | undefined
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const [heading, item] = [headingLine.exec(line), itemLine.exec(line)]
    if (fenceLine.test(line)) {
      const end = lines.findIndex((other, j) => j > i && fenceLine.test(other))
      const to = end === -1 ? lines.length : end
      blocks.push({ kind: 'code', lines: lines.slice(i + 1, to) })
      i = to
      open = undefined
    } else if (line.startsWith('|')) {
      const end = lines.findIndex((other, j) => j > i && !other.startsWith('|'))
      const [head = [], , ...rows] = lines.slice(i, end === -1 ? lines.length : end).map(cellsOf)
      blocks.push({ kind: 'table', head, rows })
      i += rows.length + 1
      open = undefined
    } else if (line.trim() === '') {
      open = undefined
    } else if (heading !== null) {
      blocks.push({ kind: 'heading', level: (heading[1] ?? '').length, text: heading[2] ?? '' })
      open = undefined
    } else if (item !== null) {
      const [, space = '', marker = '-', text = ''] = item
      const block = { kind: 'item' as const, marker, depth: Math.floor(space.length / 2), text }
      blocks.push(block)
      open = block
    } else if (open !== undefined) {
      open.text += ` ${line.trim()}`
    } else {
      const block = { kind: 'paragraph' as const, text: line.trim() }
      blocks.push(block)
      open = block
    }
  }
  return blocks
}

/** Comments of Markdown; those within code are code. A `<picture>` is its image. */
const withoutComments = (markdown: string): string =>
  markdown
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) =>
      part.startsWith('```')
        ? part
        : part
            .replace(/<!--[\s\S]*?-->\n?/g, '')
            .replace(/<picture>[\s\S]*?<\/picture>|<img\b[^>]*>/g, (html) => {
              const alt = /\balt="([^"]*)"/.exec(html)?.[1]
              return alt === undefined ? '' : `![${alt}]()`
            }),
    )
    .join('')

const cellsOf = (row: string): string[] =>
  row
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

/** A word and what stands right beside it, such as a comma: parts with a style of their own. */
export type Word = Line

export interface TextStyle {
  /** Without styles, code keeps its quotes. */
  isStyled: boolean
  /** What is said behind a link's text; '' where the text says it all. */
  describeLink: (target: string) => string
}

const inline =
  /(?<code>`+)(?<codeText>.+?)\k<code>(?!`)|!\[(?<alt>[^\]]*)\]\([^)]*\)|\[(?<linkText>(?:[^\]`]|`[^`]*`)*)\]\((?<target>[^)\s]+)\)|\*\*(?<bold>.+?)\*\*|(?<![\w*])\*(?<italic>[^*\s](?:[^*]*[^*\s])?)\*(?![\w*])|<(?<address>https?:[^>]+)>/g

/** The words of a text. */
export const wordsOf = (text: string, style: TextStyle): Word[] => {
  const words: Span[][] = []
  let isOpen = false
  for (const span of spansOf(text, style)) {
    const [spanText, spanStyle] = typeof span === 'string' ? [span, undefined] : [span.text, span.style]
    for (const part of spanText.split(/(\s+)/)) {
      if (part === '') continue
      if (part.trim() === '') {
        isOpen = false
        continue
      }
      const piece = spanStyle === undefined ? part : styled(spanStyle, part)
      if (isOpen) words.at(-1)?.push(piece)
      else words.push([piece])
      isOpen = true
    }
  }
  return words
}

const spansOf = (text: string, style: TextStyle, around?: Style): Span[] => {
  const spans: Span[] = []
  const say = (part: string, own: Style | undefined = around): void => {
    if (part !== '') spans.push(own === undefined || !style.isStyled ? part : styled(own, part))
  }
  let from = 0
  for (const match of text.matchAll(inline)) {
    say(text.slice(from, match.index).replace(/\\([^\w\s])/g, '$1'))
    from = match.index + match[0].length
    const { codeText, alt, linkText, target = '', bold, italic, address } = match.groups ?? {}
    if (codeText !== undefined) say(style.isStyled ? codeText : `\`${codeText.trim()}\``, 'accent')
    else if (alt !== undefined) say(`[picture: ${alt}]`, 'dim')
    else if (bold !== undefined) spans.push(...spansOf(bold, style, 'bold'))
    else if (italic !== undefined) spans.push(...spansOf(italic, style, 'bold'))
    else if (address !== undefined) say(address)
    else if (linkText !== undefined) {
      spans.push(...spansOf(linkText, style, around))
      const where = style.describeLink(target)
      if (where !== '') say(` (${where})`, 'dim')
    }
  }
  say(text.slice(from).replace(/\\([^\w\s])/g, '$1'))
  return spans
}

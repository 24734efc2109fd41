import {
  type Line,
  lineWidth,
  renderLine,
  type Span,
  type Style,
  styled,
} from '../results/summary-text-line.ts'
import { type Block, blocksOfMarkdown, type TextStyle, wordsOf } from './help-markdown.ts'
import { layTable } from './help-table.ts'
import { wrapWords } from './help-wrap.ts'

/** Longer lines are hard to read, however wide the terminal is. Tables may use all of it. */
const widestProse = 100

/**
 * Markdown as text of at most `width` cells a line; only code blocks and single words that are longer stand out. Without
 * styles it is plain text.
 */
export const renderMarkdown = (markdown: string, width: number, style: TextStyle): string => {
  const margin = width >= 60 ? 2 : 0
  const lines = blocksOfMarkdown(markdown).flatMap((block, i, blocks): Line[] => {
    const isListGoingOn = block.kind === 'item' && blocks[i - 1]?.kind === 'item'
    const space: Line[] = i === 0 || isListGoingOn ? [] : [[]]
    return [...space, ...layBlock(block, width, margin, style)]
  })
  return `${lines.map((line) => renderLine(line, Number.MAX_SAFE_INTEGER, style.isStyled)).join('\n')}\n`
}

const layBlock = (block: Block, width: number, margin: number, style: TextStyle): Line[] => {
  const proseWidth = Math.min(width, widestProse)
  switch (block.kind) {
    case 'heading':
      return layHeading(block, proseWidth, style)
    case 'paragraph':
      return indented(wrapWords(wordsOf(block.text, style), proseWidth - margin), margin)
    case 'item': {
      const from = margin + 2 * block.depth
      const hang = block.marker.length + 1
      const [first = [], ...others] = wrapWords(wordsOf(block.text, style), proseWidth - from - hang)
      return [[' '.repeat(from), block.marker, ' ', ...first], ...indented(others, from + hang)]
    }
    case 'code':
      return block.lines.map((line) => [' '.repeat(margin + 2), inStyle('accent', line, style)])
    case 'table':
      return indented(layTable(block, width - margin, style), margin)
  }
}

const layHeading = (
  { level, text }: { level: number; text: string },
  width: number,
  style: TextStyle,
): Line[] => {
  const lines = wrapWords(wordsOf(text, { ...style, isStyled: false }), width)
  const bold = lines.map((line): Line => [inStyle('bold', plainTextOf(line), style)])
  if (level > 2) return bold
  const rule = (level === 1 ? '═' : '─').repeat(Math.max(...lines.map(lineWidth)))
  return [...bold, [inStyle('dim', rule, style)]]
}

const plainTextOf = (line: Line): string =>
  line.map((span) => (typeof span === 'string' ? span : span.text)).join('')

const inStyle = (name: Style, text: string, { isStyled }: TextStyle): Span =>
  isStyled ? styled(name, text) : text

const indented = (lines: readonly Line[], cells: number): Line[] =>
  lines.map((line) => [' '.repeat(cells), ...line])

import { type Line, lineWidth, type Span } from '../results/summary-text-line.ts'
import type { Word } from './help-markdown.ts'

/** Lines of at most `width` cells; a word that is longer has one to itself. */
export const wrapWords = (words: readonly Word[], width: number): Line[] => {
  const lines: Span[][] = []
  let used = Number.POSITIVE_INFINITY
  for (const word of words) {
    const cells = lineWidth(word)
    if (used + 1 + cells <= width) {
      lines.at(-1)?.push(' ', ...word)
      used += 1 + cells
    } else {
      lines.push([...word])
      used = cells
    }
  }
  return lines
}

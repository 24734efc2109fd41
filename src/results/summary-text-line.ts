import { cutToWidth, displayWidth } from './summary-text-display.ts'

/**
 * A line of the terminal as spans, each with a style. Widths and cuts are decided on the plain text; escape sequences
 * come in last, so that a cut never falls inside one and a line without colour is the same line.
 */
export type Style = 'bold' | 'dim' | 'good' | 'bad' | 'caution' | 'accent'
export type Span = string | { text: string; style: Style }
export type Line = readonly Span[]

/** Select Graphic Rendition (ECMA-48, 8.3.117): on and off. The sixteen-colour set follows the reader's own theme. */
const codes: Record<Style, readonly [on: string, off: string]> = {
  bold: ['\x1b[1m', '\x1b[22m'],
  dim: ['\x1b[2m', '\x1b[22m'],
  good: ['\x1b[32m', '\x1b[39m'],
  bad: ['\x1b[1;31m', '\x1b[22;39m'],
  caution: ['\x1b[33m', '\x1b[39m'],
  accent: ['\x1b[36m', '\x1b[39m'],
}

/** A span with a style. */
export const styled = (style: Style, text: string): Span => ({ text, style })

const textOf = (span: Span): string => (typeof span === 'string' ? span : span.text)

/** Cells that a line takes. */
export const lineWidth = (line: Line): number =>
  line.reduce((width, span) => width + displayWidth(textOf(span)), 0)

/** A line as text of at most `columns` cells, with escape sequences only where `colour` is wanted. */
export const renderLine = (line: Line, columns: number, colour: boolean): string => {
  const fits = lineWidth(line) <= columns
  let left = columns
  let text = ''
  for (const span of line) {
    if (left <= 0) break
    const whole = textOf(span)
    // The span that reaches the edge gives up a cell for the mark, even where it ends exactly there and others follow.
    const cut = fits || displayWidth(whole) < left ? whole : cutToWidth(`${whole} `, left)
    left = cut === whole ? left - displayWidth(cut) : 0
    if (colour && typeof span !== 'string' && cut !== '') {
      const [on, off] = codes[span.style]
      text += on + cut + off
    } else {
      text += cut
    }
  }
  return text.trimEnd()
}

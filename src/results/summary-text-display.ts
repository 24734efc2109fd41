import { stripVTControlCharacters } from 'node:util'

/**
 * Text on a grid of cells. Foreign text (names, URLs, error details) passes through {@link cleanText} before it is
 * measured or shown, so that it can neither move the cursor nor reorder the line, and its width is predictable.
 */

/** Two cells wide: East Asian Wide and Fullwidth (Unicode UAX #11), and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** Combining marks, and format characters such as joiners: they share the cell before them. */
const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u

/** Controls, format characters (bidirectional overrides among them), variation selectors, line separators, lone surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Variation_Selector}]/gu

const onlyAscii = /^[\x20-\x7e]*$/

const characterWidth = (character: string): number => {
  if (zeroWidth.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

/** Cells that a clean text takes. */
export const displayWidth = (text: string): number => {
  if (onlyAscii.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** Foreign text without escape sequences and control characters; line breaks and tabs become one space. */
export const cleanText = (text: string): string =>
  onlyAscii.test(text) ? text : stripVTControlCharacters(text).replace(/\s+/g, ' ').replace(unprintable, '')

/** At most `width` cells of a clean text; what is cut shows as `…`. */
export const cutToWidth = (text: string, width: number): string => {
  if (width <= 0) return ''
  let cut = ''
  let used = 0
  let beforeLast = ''
  for (const character of text) {
    const next = used + characterWidth(character)
    if (next > width) return `${beforeLast}…`
    if (next <= width - 1) beforeLast = cut + character
    cut += character
    used = next
  }
  return cut
}

/** Foreign text cleaned and cut. */
export const fitText = (text: string, width: number): string => cutToWidth(cleanText(text), width)

/** Spaces up to `width` cells, before or after; a wider text stays as it is. */
export const padToWidth = (text: string, width: number, align: 'left' | 'right'): string => {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return align === 'left' ? text + space : space + text
}

/** Lines of at most `width` cells, broken at spaces; a single word that is wider is cut. */
export const wrapText = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (line !== '' && displayWidth(joined) > width) {
      lines.push(cutToWidth(line, width))
      line = word
    } else {
      line = joined
    }
  }
  lines.push(cutToWidth(line, width))
  return lines
}

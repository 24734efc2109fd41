import { cleanText } from '../summary-text-display.ts'

/**
 * HTML and SVG as values. What is written in an `html` template is markup; whatever is put into it is text, unless it is
 * markup already: nobody can forget to escape. Text loses control characters and what reorders a line.
 * How long it may be is said by {@link cutText}.
 */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Nothing is shown of `null`, `undefined` and `false`. */
export type Content = string | number | Markup | null | undefined | false | readonly Content[]

/** Attributes stand in double quotes. */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Markup =>
  new Markup(parts.reduce((text, part, i) => text + render(contents[i - 1]) + part))

const render = (content: Content): string => {
  if (content === null || content === undefined || content === false) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'number') return String(content)
  return typeof content === 'string' ? escapeText(content) : content.map(render).join('')
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeText = (text: string): string =>
  cleanText(text)
    .replace(/\p{Noncharacter_Code_Point}/gu, '')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '')

/** A name, an error or a URL from outside: clean, and of at most so many characters. */
export const cutText = (text: string, most = 200): string => {
  const characters = [...cleanText(text.slice(0, most * 4))]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}

/** A coordinate: a tenth of a unit is less than a pixel. */
export const tenth = (value: number): number => Math.round(value * 10) / 10

/**
 * Text from outside, as the page shows it: names, errors, addresses. The page never makes markup of text; what is left to do
 * is that none can reorder its neighbours (U+202E), hide itself, or be so long that the rest is not found.
 */

/** Controls, format characters (bidirectional overrides among them), variation selectors, separators, lone surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Variation_Selector}\p{Noncharacter_Code_Point}]/gu

/** Clean, and of at most so many characters. */
export const cutText = (text: string, most = 200): string => {
  const clean = text
    .slice(0, most * 4)
    .replace(/\s+/gu, ' ')
    .replace(unprintable, '')
    .trim()
  const characters = [...clean]
  return characters.length <= most ? clean : `${characters.slice(0, most - 1).join('')}…`
}

/** A name is never nothing. */
export const nameText = (name: string, most = 80): string => {
  const text = cutText(name, most)
  return text === '' ? '(no readable name)' : text
}

/** A sentence that may hold such text. */
export const sentenceText = (text: string): string => cutText(text, 600)

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** Time of day where the reader is: `12:03:41`. */
export const clockText = (epochMs: number): string => clock.format(epochMs)

/** Of an ISO instant, to the second; the zone is named. `–` where there is none. */
export const instantText = (iso: string | null): string =>
  iso === null ? '–' : `${cutText(iso.slice(0, 19).replace('T', ' '), 19)} UTC`

/** `1st`, `2nd`, `11th`. */
export const ordinal = (n: number): string => {
  const tens = n % 100
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')
  return `${n}${suffix}`
}

/** `1 driver`, `2 drivers`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`

/** A share of the scenario's own load: `110 %`, `0.5 %`. */
export const scaleText = (scale: number): string =>
  `${Number((scale * 100).toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 })} %`

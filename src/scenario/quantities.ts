import { z } from 'zod'
import { parseSize } from '../lib/bytes.ts'
import { parseDuration } from '../lib/duration.ts'
import { parseRate } from '../lib/rate.ts'

/** Ten years: longer is a slip. */
const maxDurationMs = 3650 * 86_400_000
/** No driver reaches it; above it a rate is a slip. */
const maxRatePerSecond = 1e9

/** A text that means something: `read` gives its value, or undefined where it is none. */
export const reading = <Value>(
  expected: string,
  examples: string[],
  description: string,
  read: (text: string) => Value | undefined,
) =>
  z
    .string(expected)
    // Here, since examples beside a transformation would be taken for what it gives.
    .meta({ examples })
    .transform((text, context): Value => {
      const value = read(text)
      if (value !== undefined) return value
      context.issues.push({ code: 'custom', message: expected, input: text })
      return z.NEVER
    })
    .meta({ description })

interface DurationOptions {
  description: string
  example: string
  allowZero?: boolean
}

/** Milliseconds. */
export const duration = ({ description, example, allowZero = false }: DurationOptions) =>
  reading(
    `a duration ${allowZero ? '' : 'above zero '}such as ${example} or ${example === '250ms' ? '1s' : '250ms'}`,
    [example],
    description,
    (text) => {
      const ms = parseDuration(text)
      return ms === undefined || ms > maxDurationMs || (ms === 0 && !allowZero) ? undefined : ms
    },
  )

const readRate = (text: string, allowZero: boolean): number | undefined => {
  const perSecond = parseRate(text)
  if (perSecond === undefined || perSecond > maxRatePerSecond || (perSecond === 0 && !allowZero))
    return undefined
  return perSecond
}

/** Operations a second. */
export const rate = (description: string, { allowZero = false }: { allowZero?: boolean } = {}) =>
  reading(
    `a rate ${allowZero ? '' : 'above zero '}such as 500/s or 30k/min`,
    ['500/s', '30k/min'],
    description,
    (text) => readRate(text, allowZero),
  )

/** A rate of its own, or a share of the rate it belongs to. */
export type RateOrShare = { perSecond: number } | { share: number }

export const rateOrPercent = (description: string, example: string) =>
  reading(
    `a percentage such as ${example}, or a rate such as 500/s`,
    [example, '500/s'],
    description,
    (text): RateOrShare | undefined => {
      const percent = /^\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*$/.exec(text)?.[1]
      if (percent !== undefined) return { share: Number(percent) / 100 }
      const perSecond = readRate(text, true)
      return perSecond === undefined ? undefined : { perSecond }
    },
  )

export const rateOf = (value: RateOrShare, wholePerSecond: number): number =>
  'share' in value ? value.share * wholePerSecond : value.perSecond

/** Bytes, a number being as many. */
export const size = (description: string, example: string) => {
  const expected = `a size such as ${example} or ${example === '64KiB' ? '10kB' : '64KiB'}`
  const text = reading(expected, [example], description, (written) => parseSize(written) || undefined)
  return z.union([text, z.int(expected).positive(expected)], expected).meta({ description })
}

interface CountOptions {
  description: string
  from?: number
  to?: number
}

export const count = ({ description, from = 1, to = 1e12 }: CountOptions) => {
  const expected = `a whole number from ${from.toLocaleString('en-US')} to ${to.toLocaleString('en-US')}`
  return z.int(expected).min(from, expected).max(to, expected).meta({ description })
}

export const flag = (description: string) => z.boolean('true or false').meta({ description })

/** A word or text as people write it in YAML, where `1.4` and `true` are texts too; see `textAt` of the document. */
export const text = (what: string) => z.union([z.string(what), z.number(what), z.boolean(what)], what)

/** One or several. */
export const oneOrMore = <Item extends z.ZodType>(item: Item, what: string) =>
  z.union([item, z.array(item, what).min(1, `${what}, at least one`)], what)

export const asList = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value])

/** Something a printer shows on one line. */
export const nameText = (description: string) => {
  const expected = 'a name of 1 to 200 characters on one line'
  return z
    .string(expected)
    .regex(/^\P{Cc}{1,200}$/u, expected)
    .meta({ description })
}

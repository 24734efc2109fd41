import { parseSize } from '../lib/bytes.ts'
import { parseDuration } from '../lib/duration.ts'
import { AppError } from '../lib/errors.ts'
import { type Delay, delayForms, parseDelay } from './delay.ts'

/** How the target behaves. The knobs act on every answer but those of `/metric` and `/metrics`. */
export interface TargetOptions {
  host: string
  /** 0: any free one. */
  port: number
  delay: Delay
  /** 0 to 1: so many answers have `errorStatus` and nothing of what was asked for. */
  errorShare: number
  errorStatus: number
  /** During the last `lastingMs` of every `everyMs` since its start the target writes no answer, then all of them. */
  stall?: Stall
  /** Of the answer to `/`; left out, it is `Hello World`. */
  bodySizeBytes?: number
  /** 0 to 1: so many connections are reset where an answer was due. */
  dropShare: number
  /** 0 to 1: so many answers end in their middle, with the connection. */
  cutShare: number
  /** Decides all that is drawn. */
  seed: number
}

export interface Stall {
  lastingMs: number
  everyMs: number
}

export const defaultTargetOptions: TargetOptions = {
  host: '127.0.0.1',
  port: 0,
  delay: { kind: 'fixed', ms: 0 },
  errorShare: 0,
  errorStatus: 500,
  dropShare: 0,
  cutShare: 0,
  seed: 1,
}

const largestBodyBytes = 256e6

/** The options as a user writes them; `targetFlags` says the form of each. */
export type TargetFlags = { [K in keyof typeof targetFlags]?: string | undefined }

/** Each flag's form, for its help and its fault, and how it is read; undefined means that it is none. */
const targetFlags = {
  host: {
    form: 'an address such as 127.0.0.1 or 0.0.0.0',
    parse: (text: string) => (/^[\w.:%-]+$/.test(text) ? { host: text } : undefined),
  },
  port: {
    form: 'a port from 0 (any free one) to 65535',
    parse: (text: string) => wholeNumber(text, 65_535, (port) => ({ port })),
  },
  delay: {
    form: delayForms,
    parse: (text: string) => {
      const delay = parseDelay(text)
      return delay === undefined ? undefined : { delay }
    },
  },
  errors: {
    form: 'a share such as 1%, or with a status of 4xx or 5xx, "1% 503"',
    parse: (text: string) => {
      const [first = '', status = '500', ...more] = text.trim().split(/\s+/)
      const errorShare = parseShare(first)
      if (errorShare === undefined || more.length > 0 || !/^[45]\d\d$/.test(status)) return undefined
      return { errorShare, errorStatus: Number(status) }
    },
  },
  stall: {
    form: 'a length and a longer period, such as 1s every 10s',
    parse: (text: string) => {
      const [lasting = '', every = '', ...more] = text.trim().split(/\s+every\s+/)
      const lastingMs = parseDuration(lasting)
      const everyMs = parseDuration(every)
      if (lastingMs === undefined || everyMs === undefined || more.length > 0) return undefined
      return lastingMs < everyMs ? { stall: { lastingMs, everyMs } } : undefined
    },
  },
  bodySize: {
    form: 'a size such as 10kB, at most 256MB',
    parse: (text: string) => {
      const bodySizeBytes = parseSize(text)
      return bodySizeBytes === undefined || bodySizeBytes > largestBodyBytes ? undefined : { bodySizeBytes }
    },
  },
  drops: {
    form: 'a share such as 0.5%',
    parse: (text: string) => {
      const dropShare = parseShare(text)
      return dropShare === undefined ? undefined : { dropShare }
    },
  },
  cuts: {
    form: 'a share such as 0.5%',
    parse: (text: string) => {
      const cutShare = parseShare(text)
      return cutShare === undefined ? undefined : { cutShare }
    },
  },
  seed: {
    form: 'a whole number',
    parse: (text: string) => wholeNumber(text, Number.MAX_SAFE_INTEGER, (seed) => ({ seed })),
  },
} as const satisfies Record<string, { form: string; parse(text: string): Partial<TargetOptions> | undefined }>

/** Throws USAGE with all faults at once, a line each. */
export const parseTargetOptions = (flags: TargetFlags): TargetOptions => {
  const options = { ...defaultTargetOptions }
  const faults: string[] = []
  for (const [name, { form, parse }] of Object.entries(targetFlags)) {
    const text = flags[name as keyof TargetFlags]
    if (text === undefined) continue
    const parsed = parse(text)
    if (parsed === undefined) faults.push(`--${kebab(name)} takes ${form}, not "${text}"`)
    else Object.assign(options, parsed)
  }
  if (options.dropShare + options.cutShare > 1) faults.push('--drops and --cuts together are more than 100%')
  if (faults.length > 0)
    throw new AppError('USAGE', faults.join('\n'), { hint: 'See groundswell target --help.' })
  return options
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `1%` or `0.01`: 0 to 1. */
const parseShare = (text: string): number | undefined => {
  const match = /^\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%?)\s*$/.exec(text)
  if (match === null) return undefined
  const share = Number(match[1]) / (match[2] === '%' ? 100 : 1)
  return share <= 1 ? share : undefined
}

const wholeNumber = <T>(text: string, max: number, make: (value: number) => T): T | undefined =>
  /^\d{1,16}$/.test(text.trim()) && Number(text) <= max ? make(Number(text)) : undefined

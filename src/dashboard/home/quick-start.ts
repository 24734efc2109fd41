import { parseDuration } from '../../lib/duration.ts'
import { parseRate } from '../../lib/rate.ts'

/** What the quick start asks for, as it was typed. */
export interface QuickStart {
  url: string
  /** `100`, `100/s`, `6k/min`. */
  rate: string
  /** `30s`, `5m`. */
  duration: string
}

export type QuickStartText =
  | { text: string }
  /** By field, what is wrong with it. */
  | { wrong: Partial<Record<keyof QuickStart, string>> }

/** The scenario of a URL, a rate and a duration, as YAML. */
export const quickStartText = ({ url, rate, duration }: QuickStart): QuickStartText => {
  const wrong: Partial<Record<keyof QuickStart, string>> = {}
  const target = readUrl(url)
  if (target === undefined) wrong.url = 'Give a URL that begins with http:// or https://.'
  const perTime = /^\s*[\d.]+\s*[kMG]?\s*$/.test(rate) ? `${rate.trim()}/s` : rate.trim()
  if ((parseRate(perTime) ?? 0) <= 0) wrong.rate = 'Give a rate, such as 100/s.'
  if ((parseDuration(duration) ?? 0) <= 0) wrong.duration = 'Give a duration, such as 30s or 5m.'
  if (target === undefined || Object.keys(wrong).length > 0) return { wrong }
  const name = /^[\w.-]+$/.test(target.hostname) ? target.hostname : 'quick'
  const path = `${target.pathname}${target.search}`
  const lines =
    path === '/'
      ? [`http: ${yamlText(target.origin)}`]
      : ['http:', `  target: ${yamlText(target.origin)}`, '  requests:', `    - get: ${yamlText(path)}`]
  return {
    text: [
      `name: ${yamlText(name)}`,
      ...lines,
      `load: { rate: ${perTime.replaceAll(/\s/g, '')}, duration: ${duration.trim()} }`,
      'slo: [ errors < 1% ]',
      '',
    ].join('\n'),
  }
}

const readUrl = (text: string): URL | undefined => {
  const trimmed = text.trim()
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`
  if (trimmed === '' || !URL.canParse(full)) return undefined
  const url = new URL(full)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

/** Plain where YAML reads it as this text, else quoted as JSON, which YAML knows too. */
const yamlText = (text: string): string =>
  /^(?:https?:\/\/|\/)[\w./:%?=~+-]*$/.test(text) || /^[a-zA-Z][\w-]*(?:\.[\w-]+)*$/.test(text)
    ? isWord(text)
      ? JSON.stringify(text)
      : text
    : JSON.stringify(text)

/** YAML takes these for something else than text. */
const isWord = (text: string): boolean => /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)

import { parseDuration } from '../lib/duration.ts'
import { editDistance } from '../lib/edit-distance.ts'
import { parseRate } from '../lib/rate.ts'

/**
 * An SLO: a line that says what must hold, and the same as plain data, which travels and is stored.
 *
 *   SUBJECT [of NAME] CONDITION THRESHOLD [for DURATION] [: stop]
 *
 *   SUBJECT                                 THRESHOLD
 *   p50, p99, p99.9, ... min mean           a duration: 250ms, 1.5s
 *     median max; of the service time or
 *     of the send lateness with service-
 *     or lateness- before it
 *   errors, unsent, status 503, status 5xx  a share of the requests, 1%, or a number of them, 10
 *   checks                                  the share of checks that passed: 99%
 *   rate                                    answers a second: 900/s
 *
 *   CONDITION   <  <=  >  >=  =
 *   of NAME     of that request or journey alone; may stand in "quotes"
 *   for         broken only when every one of so many consecutive seconds breaks it; without it the run so far is judged
 *   : stop      a broken SLO ends the run
 *
 * Examples: `p99 < 250ms`, `errors < 0.1%`, `p95 of GET /cart < 1s for 10s: stop`, `lateness-p99 <= 5ms`.
 */
export interface Slo {
  /** As it was written, without blanks around it. */
  text: string
  subject: SloSubject
  /** Name of the request or journey; absent: all requests together. */
  of?: string
  condition: SloCondition
  threshold: number
  unit: SloUnit
  /** A positive integer. */
  forSeconds?: number
  stop: boolean
}

export type SloSubject =
  /** A number is a percentile, above 0 and below 100. */
  | { kind: 'time'; time: SloTime; figure: 'min' | 'mean' | 'max' | number }
  | { kind: 'errors' | 'unsent' | 'checks' | 'rate' }
  /** `503`, or `5xx` for a class. */
  | { kind: 'status'; status: string }

export type SloTime = 'response' | 'service' | 'lateness'

export type SloCondition = '<' | '<=' | '>' | '>=' | '='

/** Of the threshold and of what is observed: milliseconds, a share of 1, a number of requests, requests a second. */
export type SloUnit = 'ms' | 'share' | 'count' | 'perSecond'

export type SloParse = { ok: true; slo: Slo } | SloFault

/** `message`: what is wrong with it; `expected`: what would be right there. */
export interface SloFault {
  ok: false
  message: string
  expected: string
}

const maxTextLength = 500
const maxForSeconds = 86_400
const grammar = 'SUBJECT [of NAME] CONDITION THRESHOLD [for DURATION] [: stop], such as "p99 < 250ms"'

export const parseSlo = (text: string): SloParse => {
  const trimmed = text.trim()
  if (trimmed.length > maxTextLength) return fault(`longer than ${maxTextLength} characters`, grammar)
  const sides = /^(.*[^<>=!])([<>=!]+)([^<>=!]*)$/s.exec(trimmed)
  if (sides === null) return fault(`"${trimmed}" compares nothing`, grammar)
  const [, left = '', condition = '', right = ''] = sides
  if (!isCondition(condition)) return fault(`"${condition}" is no condition`, 'one of < <= > >= =')

  const [subjectText = '', ...nameParts] = left.trim().split(/(\s+of\b)/)
  const subject = parseSubject(subjectText)
  if ('ok' in subject) return subject
  const name = unquoted(nameParts.slice(1).join('').trim())
  if (nameParts.length > 0 && name === '')
    return fault('"of" is followed by no name', 'the name of a request or journey')

  const [, thresholdText = '', forText, action] =
    /^\s*(.*?)(?:\s+for\b\s*(.*?))?(?:\s*:\s*(.*))?$/s.exec(right) ?? []
  if (action !== undefined && action !== 'stop')
    return fault(`"${action}" is no action`, '": stop" or nothing')
  const threshold = parseThreshold(subject, subjectText, thresholdText)
  if ('ok' in threshold) return threshold
  const forMs = forText === undefined ? 1000 : parseDuration(forText)
  if (forMs === undefined || forMs % 1000 !== 0 || forMs < 1000 || forMs > maxForSeconds * 1000)
    return fault(`"for ${forText}" is no time to judge by`, 'whole seconds from 1s to 24h, such as "for 10s"')

  const slo: Slo = { text: trimmed, subject, condition, ...threshold, stop: action === 'stop' }
  if (nameParts.length > 0) slo.of = name
  if (forText !== undefined) slo.forSeconds = forMs / 1000
  return { ok: true, slo }
}

const fault = (message: string, expected: string): SloFault => ({ ok: false, message, expected })

const isCondition = (text: string): text is SloCondition => ['<', '<=', '>', '>=', '='].includes(text)

const unquoted = (name: string): string => /^"(.*)"$/s.exec(name)?.[1] ?? name

// --- the subject ---------------------------------------------------------------------------------------------------

const subjectWords = [
  'min',
  'mean',
  'median',
  'max',
  'p50',
  'p90',
  'p95',
  'p99',
  'p99.9',
  'errors',
  'unsent',
  'checks',
]
const knownWords = [...subjectWords, 'rate', 'status', 'service-p99', 'lateness-p99']

/** What other tools call what we measure. */
const foreignWords: Readonly<Record<string, string>> = {
  avg: 'mean',
  average: 'mean',
  p0: 'min',
  p100: 'max',
  p999: 'p99.9',
  p9999: 'p99.99',
  fail: 'errors',
  failures: 'errors',
  rps: 'rate',
  throughput: 'rate',
  dropped: 'unsent',
}

const subjects =
  'p50, p99.9, min, mean, median, max (also service-p99, lateness-p99), errors, rate, status 5xx, unsent, checks'

const parseSubject = (text: string): SloSubject | SloFault => {
  const [, prefix, figureText = ''] = /^(?:(service|lateness)-)?(.*)$/s.exec(text) ?? []
  const figure = parseFigure(figureText)
  if (figure !== undefined) return { kind: 'time', time: timeOf(prefix), figure }
  if (text === 'errors' || text === 'unsent' || text === 'checks' || text === 'rate') return { kind: text }
  const [word = '', status] = text.split(/\s+/, 2)
  if (word === 'status') {
    if (status === undefined || !/^[1-9](\d\d|xx)$/i.test(status) || text.split(/\s+/).length > 2)
      return fault(`"${text}" names no status code`, 'a code or a class of codes: "status 503", "status 5xx"')
    return { kind: 'status', status: status.toLowerCase() }
  }
  return fault(`"${text}" is nothing that is measured; did you mean "${nearestSubject(text)}"?`, subjects)
}

const timeOf = (prefix: string | undefined): SloTime =>
  prefix === 'service' || prefix === 'lateness' ? prefix : 'response'

const parseFigure = (text: string): 'min' | 'mean' | 'max' | number | undefined => {
  if (text === 'min' || text === 'mean' || text === 'max') return text
  if (text === 'median') return 50
  const percentile = Number(/^p(\d{1,2}(?:\.\d{1,4})?)$/.exec(text)?.[1])
  return percentile > 0 ? percentile : undefined
}

const nearestSubject = (text: string): string => {
  const lower = text.toLowerCase()
  const known = Object.hasOwn(foreignWords, lower) ? foreignWords[lower] : undefined
  if (known !== undefined) return known
  return knownWords.reduce((best, word) =>
    editDistance(lower, word) < editDistance(lower, best) ? word : best,
  )
}

// --- the threshold -------------------------------------------------------------------------------------------------

type Threshold = Pick<Slo, 'threshold' | 'unit'>

const parseThreshold = (subject: SloSubject, subjectText: string, text: string): Threshold | SloFault => {
  if (text === '') return fault('there is nothing to compare with', grammar)
  const number = /^\d+(\.\d+)?$/.test(text) ? text : undefined
  const without = (unit: string): string =>
    number === undefined
      ? `"${text}" is no ${unit}`
      : `${subjectText} is compared with a ${unit}; ${number} has no unit`

  if (subject.kind === 'time') {
    const threshold = parseDuration(text)
    if (threshold !== undefined) return { threshold, unit: 'ms' }
    return fault(without('duration'), `a duration, such as ${number ?? 250}ms`)
  }
  if (subject.kind === 'rate') {
    const threshold = parseRate(text)
    if (threshold !== undefined) return { threshold, unit: 'perSecond' }
    return fault(without('rate'), `a rate, such as ${number ?? 900}/s`)
  }
  const percent = Number(/^(\d{1,3}(?:\.\d{1,9})?)\s*%$/.exec(text)?.[1])
  if (percent <= 100) return { threshold: percent / 100, unit: 'share' }
  if (subject.kind === 'checks')
    return fault(without('share'), 'the share of checks that passed, such as 99%')
  if (/^\d{1,15}$/.test(text)) return { threshold: Number(text), unit: 'count' }
  return fault(
    `"${text}" is neither a share nor a number of requests`,
    'a share, such as 1%, or a number, such as 10',
  )
}

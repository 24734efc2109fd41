import { daysOf } from './days-of.ts'

/** Limits of RFC 6265, 6.1, as they are usual: more is not kept. */
const maxCookies = 50
const maxCookieLength = 4096

interface Cookie {
  name: string
  value: string
  domain: string
  /** Sent to the very host that set it, and to none of its subdomains. */
  hostOnly: boolean
  path: string
  secure: boolean
  /** Epoch ms; Infinity: with the journey. */
  expiresMs: number
}

/** Where a request goes, as far as cookies care. */
export interface CookieOrigin {
  readonly protocol: 'http:' | 'https:'
  readonly hostname: string
}

/**
 * The cookies of one journey, after RFC 6265, section 5: domain, host-only, path, Secure, Max-Age, Expires, replacement and
 * deletion. HttpOnly and SameSite mean nothing here. There is no list of public suffixes: a cookie may only be set for the
 * host itself or a parent domain of it that has a dot.
 */
export class CookieJar {
  #cookies: Cookie[] = []

  /** `field`: the value of one Set-Cookie field; `path`: of the request that was answered, with or without query. */
  store(field: string, origin: CookieOrigin, path: string, wallMs: number): void {
    const cookie = parseSetCookie(field, origin, path, wallMs)
    if (cookie === undefined) return
    const isSame = (other: Cookie): boolean =>
      other.name === cookie.name && other.domain === cookie.domain && other.path === cookie.path
    const at = this.#cookies.findIndex(isSame)
    const isGone = cookie.expiresMs <= wallMs
    if (at !== -1) this.#cookies.splice(at, 1, ...(isGone ? [] : [cookie]))
    else if (!isGone && this.#cookies.length < maxCookies) this.#cookies.push(cookie)
  }

  /** The Cookie field's value: longer paths first, then the older ones (5.4). Empty: none. */
  fieldFor(origin: CookieOrigin, path: string, wallMs: number): string {
    if (this.#cookies.length === 0) return ''
    const requestPath = withoutQuery(path)
    return this.#cookies
      .filter(
        (cookie) =>
          cookie.expiresMs > wallMs &&
          (!cookie.secure || origin.protocol === 'https:') &&
          (cookie.hostOnly ? origin.hostname === cookie.domain : isWithin(origin.hostname, cookie.domain)) &&
          pathMatches(requestPath, cookie.path),
      )
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
      .join('; ')
  }
}

const withoutQuery = (path: string): string => {
  const query = path.indexOf('?')
  return query === -1 ? path : path.slice(0, query)
}

const isAddress = (hostname: string): boolean => /^[\d.]+$/.test(hostname) || hostname.includes(':')

/** Domain matching (5.1.3). */
const isWithin = (hostname: string, domain: string): boolean =>
  hostname === domain || (hostname.endsWith(`.${domain}`) && !isAddress(hostname))

/** Path matching (5.1.4). */
const pathMatches = (requestPath: string, cookiePath: string): boolean =>
  requestPath === cookiePath ||
  (requestPath.startsWith(cookiePath) && (cookiePath.endsWith('/') || requestPath[cookiePath.length] === '/'))

/** 5.1.4: up to the last slash, that one left out. */
const defaultPath = (path: string): string => {
  const requestPath = withoutQuery(path)
  const slash = requestPath.lastIndexOf('/')
  return slash <= 0 ? '/' : requestPath.slice(0, slash)
}

/** What neither a field of ours may hold nor a cookie can: controls. */
const hasControl = (text: string): boolean => /[^\P{Cc}\t]/u.test(text)

const parseSetCookie = (
  field: string,
  origin: CookieOrigin,
  path: string,
  wallMs: number,
): Cookie | undefined => {
  if (field.length > maxCookieLength || hasControl(field)) return undefined
  const [pair = '', ...attributes] = field.split(';')
  const equals = pair.indexOf('=')
  const name = equals === -1 ? '' : pair.slice(0, equals).trim()
  const value = pair.slice(equals + 1).trim()
  if (name === '' && value === '') return undefined
  const cookie: Cookie = {
    name,
    value,
    domain: origin.hostname,
    hostOnly: true,
    path: defaultPath(path),
    secure: false,
    expiresMs: Number.POSITIVE_INFINITY,
  }
  let hasMaxAge = false
  for (const attribute of attributes) {
    const at = attribute.indexOf('=')
    const key = (at === -1 ? attribute : attribute.slice(0, at)).trim().toLowerCase()
    const text = at === -1 ? '' : attribute.slice(at + 1).trim()
    if (key === 'secure') cookie.secure = true
    else if (key === 'path') cookie.path = text.startsWith('/') ? text : defaultPath(path)
    else if (key === 'domain' && text !== '' && !setDomain(cookie, text, origin.hostname)) return undefined
    else if (key === 'max-age' && /^-?\d+$/.test(text)) {
      hasMaxAge = true
      cookie.expiresMs = Number(text) <= 0 ? 0 : wallMs + Number(text) * 1000
    } else if (key === 'expires' && !hasMaxAge) cookie.expiresMs = parseCookieDate(text) ?? cookie.expiresMs
  }
  // Plain HTTP must not set what only TLS may carry (RFC 6265bis, 5.7).
  return cookie.secure && origin.protocol !== 'https:' ? undefined : cookie
}

/** False: the host must not set cookies for that domain. */
const setDomain = (cookie: Cookie, text: string, hostname: string): boolean => {
  const domain = text.replace(/^\./, '').toLowerCase()
  if (domain === hostname) {
    cookie.hostOnly = isAddress(hostname)
    return true
  }
  if (!domain.includes('.') || !isWithin(hostname, domain)) return false
  cookie.domain = domain
  cookie.hostOnly = false
  return true
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Epoch ms of a date in any of the forms servers write (5.1.1), or undefined. */
export const parseCookieDate = (text: string): number | undefined => {
  let time: RegExpExecArray | undefined
  let day: number | undefined
  let month: number | undefined
  let year: number | undefined
  for (const token of text.split(/[^\w:]+/)) {
    const clock = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/.exec(token)
    const number = /^(\d{1,4})(?:\D|$)/.exec(token)?.[1]
    const named = months.indexOf(token.slice(0, 3).toLowerCase())
    if (time === undefined && clock !== null) time = clock
    else if (day === undefined && number !== undefined && number.length <= 2) day = Number(number)
    else if (month === undefined && named !== -1) month = named + 1
    else if (year === undefined && number !== undefined && number.length !== 1 && number.length !== 3)
      year = number.length === 4 ? Number(number) : Number(number) + (Number(number) < 70 ? 2000 : 1900)
  }
  if (time === undefined || day === undefined || month === undefined || year === undefined) return undefined
  const [hour = 0, minute = 0, second = 0] = time.slice(1, 4).map(Number)
  if (year < 1601 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return undefined
  return (daysOf(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1000
}

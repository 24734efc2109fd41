/** What HTTP allows in its parts (RFC 9110, RFC 3986), as far as a scenario writes them. */

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/

/** A header's or a method's name: RFC 9110, section 5.6.2. */
export const isToken = (text: string): boolean => token.test(text)

/** Header values: no control characters but the tab, so that no value can end its line. */
export const isHeaderValue = (text: string): boolean => !/[^\P{Cc}\t]/u.test(text)

/** Written by the engine from the body that it really sends. */
const framingHeaders = new Set(['content-length', 'transfer-encoding'])

export const isFramingHeader = (name: string): boolean => framingHeaders.has(name.toLowerCase())

const secretHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-access-token',
])

/** Headers whose values are never shown. */
export const isSecretHeader = (name: string): boolean => secretHeaders.has(name.toLowerCase())

/** Braces cannot be nested, which also keeps the search linear. */
const templatesIn = /\{\{[^{}]*\}\}/g

/** What is wrong with the URL of a target; undefined: nothing. `builtin` is the target that ships with us. */
export const refuseTarget = (text: string): string | undefined => {
  if (text === 'builtin') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return 'a URL with http:// or https://, or builtin'
  if (url.username !== '' || url.password !== '')
    return 'a URL without user and password; they belong under auth: { basic: { user, password } }'
  if (text.includes('#')) return 'a URL without a fragment (#...)'
  if (text.includes('{{')) return 'a URL without {{templates}}: they belong into the requests'
  return undefined
}

/** What is wrong with a request's URL; templates are allowed everywhere but in scheme and host. */
export const refuseRequestUrl = (text: string): string | undefined => {
  const bare = text.replace(templatesIn, 'x')
  if (/\p{Cc}|\s/u.test(bare)) return 'a URL without blanks (a blank is written %20)'
  if (bare.includes('#')) return 'a URL without a fragment (#...), which is never sent'
  if (bare.startsWith('/')) return undefined
  const origin = /^https?:\/\/[^/?]*/.exec(text)?.[0]
  if (origin === undefined) return 'a path that begins with /, or a URL with http:// or https://'
  if (origin.includes('{{')) return 'a host that is written out: templates belong behind it'
  return refuseTarget(bare)
}

/**
 * Following redirects (RFC 9110, 15.4). The next request is made from the bytes of the one before it:
 *
 *   301, 302   POST becomes GET without its body; other methods stay
 *   303        every method but HEAD becomes GET without its body
 *   307, 308   method and body stay
 *
 * To another origin (scheme, host or port) no credentials go along.
 */
export interface NextRequest {
  bytes: Uint8Array
  method: string
}

const droppedAcrossOrigins = new Set(['authorization', 'proxy-authorization', 'cookie'])
const headEndMark = Buffer.from('\r\n\r\n')

export const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

/** Where to, or undefined where that is nowhere we go. `from`: the URL of the request that was answered. */
export const resolveLocation = (location: string, from: string): URL | undefined => {
  if (!URL.canParse(location, from)) return undefined
  const url = new URL(location, from)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

/** The path, query included, of a rendered request. */
export const pathOf = (request: Uint8Array): string => {
  const [, path = '/'] = headLines(request).lines[0]?.split(' ') ?? []
  return path
}

export interface Hop {
  status: number
  to: URL
  /** It stays with the scheme, host and port of the request before. */
  sameOrigin: boolean
  /** Undefined: the journey's cookies are not ours to set, the field stays as it is. Empty: no such field. */
  cookies: string | undefined
}

export const followRedirect = (request: Uint8Array, hop: Hop): NextRequest => {
  const { lines, body } = headLines(request)
  const [requestLine = '', ...fields] = lines
  const before = requestLine.slice(0, requestLine.indexOf(' '))
  const method = nextMethod(before, hop.status)
  const keepsBody = method === before
  const kept = fields.filter((field) => {
    const name = field.slice(0, field.indexOf(':')).toLowerCase()
    if (name === 'cookie' && hop.cookies !== undefined) return false
    if (name.startsWith('content-') && !keepsBody) return false
    if (hop.sameOrigin) return true
    return name !== 'host' && !droppedAcrossOrigins.has(name)
  })
  const head = [
    `${method} ${hop.to.pathname}${hop.to.search} HTTP/1.1`,
    ...(hop.sameOrigin ? [] : [`Host: ${hop.to.host}`]),
    ...kept,
  ]
  const bytes: Uint8Array[] = [Buffer.from(head.join('\r\n'), 'latin1')]
  if (hop.cookies !== undefined && hop.cookies !== '') bytes.push(Buffer.from(`\r\nCookie: ${hop.cookies}`))
  bytes.push(headEndMark)
  if (keepsBody) bytes.push(body)
  return { bytes: Buffer.concat(bytes), method }
}

const nextMethod = (method: string, status: number): string => {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET'
  return method === 'POST' && (status === 301 || status === 302) ? 'GET' : method
}

const headLines = (request: Uint8Array): { lines: string[]; body: Buffer } => {
  const buffer = Buffer.from(request.buffer, request.byteOffset, request.byteLength)
  const end = buffer.indexOf(headEndMark)
  return {
    lines: buffer.toString('latin1', 0, end).split('\r\n'),
    body: buffer.subarray(end + headEndMark.length),
  }
}

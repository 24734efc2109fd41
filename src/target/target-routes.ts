import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'

export interface Answer {
  status: number
  headers: OutgoingHttpHeaders
  body: Buffer
}

export interface Route {
  /** Whether `answer` needs the request's body; others are read and dropped. */
  readsBody: boolean
  answer(request: IncomingMessage, body: Buffer): Answer
}

export const makeAnswer = (status: number, type: string, body: Buffer | string, more = {}): Answer => {
  const bytes = Buffer.from(body)
  return { status, headers: { 'content-type': type, 'content-length': bytes.length, ...more }, body: bytes }
}

const text = (status: number, body: string) => makeAnswer(status, 'text/plain; charset=utf-8', body)
const json = (status: number, body: unknown, more = {}) =>
  makeAnswer(status, 'application/json', JSON.stringify(body), more)

const fixed = (answer: Answer): Route => ({ readsBody: false, answer: () => answer })

const hello = 'Hello World'
const notFound = fixed(text(404, 'Not Found'))
const postOnly = json(405, { error: 'only POST is allowed' }, { allow: 'POST' })
const noLogin = json(400, { error: 'expected a JSON object with a user' })
const noToken = json(401, { error: 'no token' }, { 'www-authenticate': 'Bearer' })
const newOrder = json(201, { state: 'new' })
export const bodyTooLarge = json(413, { error: 'the body is larger than 1 MB' })

const tokenPrefix = 'user-'

/** A token for whoever names a user, so that a journey has something to capture. */
const login: Route = {
  readsBody: true,
  answer: (request, body) => {
    if (request.method !== 'POST') return postOnly
    const user = userIn(body)
    if (user === undefined) return noLogin
    return json(200, { token: `${tokenPrefix}${Buffer.from(user).toString('base64url')}` })
  },
}

const userIn = (body: Buffer): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(body.toString())
    if (typeof parsed !== 'object' || parsed === null || !('user' in parsed)) return undefined
    return typeof parsed.user === 'string' ? parsed.user : undefined
  } catch {
    return undefined
  }
}

const orders: Route = {
  readsBody: false,
  answer: (request) => {
    if (request.method !== 'POST') return postOnly
    return request.headers.authorization?.startsWith(`Bearer ${tokenPrefix}`) === true ? newOrder : noToken
  },
}

const echo: Route = {
  readsBody: true,
  answer: (request, body) =>
    makeAnswer(200, request.headers['content-type'] ?? 'application/octet-stream', body),
}

/** By path; what is not here is counted as `other` and not found. */
export const makeRoutes = (bodySizeBytes: number | undefined): ReadonlyMap<string, Route> =>
  new Map([
    ['/', fixed(bodySizeBytes === undefined ? text(200, hello) : filled(bodySizeBytes))],
    ['/ping', fixed(json(200, { message: 'pong' }))],
    ['/echo', echo],
    ['/login', login],
    ['/orders', orders],
  ])

export const otherRoute = notFound

const filled = (sizeBytes: number): Answer =>
  makeAnswer(200, 'text/plain; charset=utf-8', Buffer.alloc(sizeBytes, `${hello} `))

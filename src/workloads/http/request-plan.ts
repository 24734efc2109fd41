import type { Recorder } from '../../measuring/recorder.ts'
import type { HttpJob, RequestSpec } from '../../scenario/scenario.ts'
import { type AnswerCapture, compileCapture } from './captures.ts'
import { type AnswerCheck, compileCheck } from './checks.ts'
import type { Origin } from './exchange.ts'
import { compileBody } from './request-body.ts'
import { compileHead } from './request-head.ts'
import { RequestTemplate } from './request-template.ts'
import { literalText, type TemplateScope } from './text-template.ts'

/** One request of the scenario against one target, with nothing left to decide but its values. */
export interface RequestPlan {
  readonly recorder: Recorder
  readonly origin: Origin
  readonly template: RequestTemplate
  readonly isHead: boolean
  readonly isIdempotent: boolean
  readonly timeoutMs: number
  /** How many are followed. */
  readonly redirects: number
  readonly checks: readonly AnswerCheck[]
  readonly captures: readonly AnswerCapture[]
  readonly keepHead: boolean
  readonly keepBodyBytes: number
  /** The journey's cookies go along: it is in one, and has no Cookie field of its own. */
  readonly sendsCookies: boolean
}

export interface RequestPlanOptions {
  job: HttpJob
  /** Which requests without a host of their own go to. */
  target: URL
  recorder: Recorder
  originOf: (url: URL) => Origin
  assets: ReadonlyMap<string, Uint8Array>
  userAgent: string
  inJourney: boolean
}

/** RFC 9110, 9.2.2. */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Those send a Content-Length of 0 when they have no body (RFC 9110, 8.6). */
const methodsWithBody = new Set(['POST', 'PUT', 'PATCH'])

/** Throws an AppError where the request cannot be built. */
export const compileRequest = (
  spec: RequestSpec,
  options: RequestPlanOptions,
  scope: TemplateScope,
): RequestPlan => {
  const { job, inJourney } = options
  const { url, basePath, path } = locate(spec.url, options.target)
  const origin = options.originOf(url)
  const body = spec.body === undefined ? undefined : compileBody(spec.body, scope, options.assets)
  const givesCookies = [job.headers, spec.headers].some((headers) =>
    Object.keys(headers).some((name) => name.toLowerCase() === 'cookie'),
  )
  const sendsCookies = inJourney && !givesCookies
  const head = compileHead(
    spec,
    {
      host: origin.host,
      basePath,
      path,
      headers: job.headers,
      auth: spec.auth ?? job.auth,
      contentType: body?.contentType,
      userAgent: options.userAgent,
      reuse: job.reuse,
      cookies: sendsCookies,
    },
    scope,
  )
  const emptyBody = methodsWithBody.has(spec.method) ? [literalText('')] : undefined
  const checks = spec.checks.map((check) => compileCheck(check, spec.name))
  const captures = spec.captures.map((capture) => compileCapture(capture, spec.name))
  const redirects = spec.redirects ?? job.redirects
  const looks = [...checks, ...captures]
  return {
    recorder: options.recorder,
    origin,
    template: new RequestTemplate(head, body?.pieces ?? emptyBody),
    isHead: spec.method === 'HEAD',
    isIdempotent: idempotentMethods.has(spec.method),
    timeoutMs: spec.timeoutMs ?? job.timeoutMs,
    redirects,
    checks,
    captures,
    keepHead: inJourney || redirects > 0 || looks.some(({ needsHead }) => needsHead),
    keepBodyBytes: looks.some(({ needsBody }) => needsBody) ? job.maxKeptBodyBytes : 0,
    sendsCookies,
  }
}

/** A path is joined to the target's; a URL has a host of its own, written out. */
const locate = (requestUrl: string, target: URL): { url: URL; basePath: string; path: string } => {
  const own = /^https?:\/\/[^/?#]+/i.exec(requestUrl)?.[0]
  if (own === undefined)
    return { url: target, basePath: target.pathname.replace(/\/+$/, ''), path: requestUrl }
  const rest = requestUrl.slice(own.length)
  return { url: new URL(own), basePath: '', path: rest.startsWith('/') ? rest : `/${rest}` }
}

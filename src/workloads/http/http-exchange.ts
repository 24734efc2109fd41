import type { Clock } from '../../lib/clock.ts'
import type { RequestErrorKind, UnsentReason } from '../../measuring/outcomes.ts'
import { type Answer, fieldText } from './answer.ts'
import type { CookieJar } from './cookie-jar.ts'
import type { Exchange, Origin } from './exchange.ts'
import type { OperationContext } from './operation-context.ts'
import { followRedirect, isRedirect, pathOf, resolveLocation } from './redirects.ts'
import type { RequestPlan } from './request-plan.ts'
import type { RequestSlot } from './request-slot.ts'
import type { ResponseParser } from './response-parser.ts'

/** What the workload needs of the HTTP client. */
export interface ExchangeClient {
  origin(url: URL): Origin
  prepare(origins: readonly Origin[], options: { preflight: boolean; connections: number }): Promise<void>
  send(exchange: Exchange): void
  /** Ends what waits for a connection as unsent (`stopped`). */
  cancelQueued(): void
  close(graceMs: number): Promise<void>
}

/** Whose request it is: a single operation, or a step of a journey. Exactly one of the ends is called, once. */
export interface ExchangeOwner {
  readonly jar: CookieJar | undefined
  /** Captured values go here; undefined: they are only checked. */
  readonly variables: Map<string, string> | undefined
  /** The first attempt, `latenessUs` after the intended start. */
  requestSent(latenessUs: number): void
  /** `missing`: the variable of the first capture that found nothing. */
  requestAnswered(
    exchange: HttpExchange,
    nowMs: number,
    checksPassed: boolean,
    missing: string | undefined,
  ): void
  requestFailed(exchange: HttpExchange, nowMs: number, kind: RequestErrorKind, detail: string): void
  requestUnsent(exchange: HttpExchange, nowMs: number, reason: UnsentReason): void
}

/** What all exchanges of a workload share. */
export interface ExchangeServices {
  client: ExchangeClient
  clock: Clock
  context: OperationContext
  answer: Answer
}

const notSent = Number.NEGATIVE_INFINITY

/**
 * One request from its rendering to the judgement of its answer, with the redirects between. Used again for another request
 * once its owner has been told of the end.
 *
 *   start -> template refused                             unsent (`template`)
 *   start -> send -> sent -> answered                     answered, then checks and captures
 *            send -> sent -> answered with a redirect     hop: sent again to where it leads, up to `redirects` times
 *            send -> failed | unsent                      the same; after a hop too
 *
 * Times count from the intended start and from the first real send to the end of the last hop. Hops are counted as sent and
 * under their status, but only the last answer is answered and checked.
 */
export class HttpExchange implements Exchange {
  readonly #services: ExchangeServices
  #plan: RequestPlan
  #owner: ExchangeOwner
  #slot: RequestSlot | undefined
  #intendedMs = 0
  #sentMs = notSent
  #hops = 0

  origin: Origin
  bytes: Uint8Array = new Uint8Array(0)
  isHead = false
  isIdempotent = false
  timeoutMs = 0
  keepHead = false
  keepBodyBytes = 0
  flushed = false

  constructor(services: ExchangeServices, plan: RequestPlan, owner: ExchangeOwner) {
    this.#services = services
    this.#plan = plan
    this.#owner = owner
    this.origin = plan.origin
  }

  /** The services' context must hold what the templates refer to. */
  start(plan: RequestPlan, owner: ExchangeOwner, intendedMs: number): void {
    this.#plan = plan
    this.#owner = owner
    this.#intendedMs = intendedMs
    this.#sentMs = notSent
    this.#hops = 0
    plan.recorder.start()
    let bytes = plan.template.prebuilt
    if (bytes === undefined) {
      this.#services.context.origin = plan.origin
      this.#slot = plan.template.render(this.#services.context)
      if (this.#slot === undefined) {
        this.unsent(intendedMs, 'template')
        return
      }
      bytes = this.#slot.view()
    }
    this.origin = plan.origin
    this.bytes = bytes
    this.isHead = plan.isHead
    this.isIdempotent = plan.isIdempotent
    this.timeoutMs = plan.timeoutMs
    this.keepHead = plan.keepHead
    this.keepBodyBytes = plan.keepBodyBytes
    this.flushed = false
    this.#services.client.send(this)
  }

  get intendedMs(): number {
    return this.#intendedMs
  }

  /** The first real send; the intended start where there was none. */
  get sentMs(): number {
    return this.#sentMs === notSent ? this.#intendedMs : this.#sentMs
  }

  sent(nowMs: number, retry: boolean): void {
    const { recorder } = this.#plan
    if (this.#hops > 0) {
      recorder.hopSent(this.bytes.length, retry)
      return
    }
    const latenessUs = (nowMs - this.#intendedMs) * 1000
    recorder.sent(latenessUs, this.bytes.length, retry)
    if (this.#sentMs !== notSent) return
    this.#sentMs = nowMs
    this.#owner.requestSent(latenessUs)
  }

  answered(nowMs: number, response: ResponseParser, bytesIn: number): void {
    const plan = this.#plan
    const { jar } = this.#owner
    if (jar !== undefined) this.#storeCookies(jar, response)
    if (this.#hops < plan.redirects && isRedirect(response.status)) {
      const to = this.#nextUrl(response)
      if (to !== undefined) {
        plan.recorder.hop(response.status, bytesIn)
        this.#follow(to, response.status, nowMs)
        return
      }
    }
    const responseMs = nowMs - this.#intendedMs
    plan.recorder.answered(response.status, responseMs * 1000, (nowMs - this.sentMs) * 1000, bytesIn)
    this.#releaseSlot()
    if (plan.checks.length === 0 && plan.captures.length === 0)
      this.#owner.requestAnswered(this, nowMs, true, undefined)
    else this.#judge(nowMs, response, responseMs)
  }

  failed(nowMs: number, kind: RequestErrorKind, detail: string, bytesIn: number): void {
    this.#plan.recorder.failed(kind, (nowMs - this.#intendedMs) * 1000, detail, bytesIn)
    this.#releaseSlot()
    this.#owner.requestFailed(this, nowMs, kind, detail)
  }

  unsent(nowMs: number, reason: UnsentReason): void {
    this.#plan.recorder.unsent(reason)
    this.#releaseSlot()
    this.#owner.requestUnsent(this, nowMs, reason)
  }

  #judge(nowMs: number, response: ResponseParser, responseMs: number): void {
    const { checks, captures, recorder, keepBodyBytes } = this.#plan
    const { answer } = this.#services
    answer.reset(response, responseMs)
    let failedCheck: string | undefined
    for (const check of checks) {
      const passed = check.passes(answer)
      recorder.check(check.name, passed)
      if (!passed && failedCheck === undefined)
        failedCheck =
          check.needsBody && answer.isCut
            ? `${check.name}: the body is longer than the ${keepBodyBytes} bytes kept of it`
            : check.name
    }
    let missing: string | undefined
    for (const capture of captures) {
      const value = capture.find(answer)
      recorder.check(capture.checkName, value !== undefined)
      if (value !== undefined) this.#owner.variables?.set(capture.variable, value)
      else {
        missing ??= capture.variable
        failedCheck ??= `${capture.checkName}: found nothing`
      }
    }
    if (failedCheck !== undefined) recorder.checkFailed(failedCheck)
    this.#owner.requestAnswered(this, nowMs, failedCheck === undefined, missing)
  }

  #storeCookies(jar: CookieJar, response: ResponseParser): void {
    const fields = response.headers('set-cookie')
    if (fields.length === 0) return
    const path = pathOf(this.bytes)
    const wallMs = this.#services.clock.wallMs()
    for (const field of fields) jar.store(fieldText(field), this.origin, path, wallMs)
  }

  #nextUrl(response: ResponseParser): URL | undefined {
    const location = response.header('location')
    if (location === undefined) return undefined
    const from = `${this.origin.protocol}//${this.origin.host}${pathOf(this.bytes)}`
    return resolveLocation(fieldText(location), from)
  }

  #follow(to: URL, status: number, nowMs: number): void {
    const { jar } = this.#owner
    const origin = this.#services.client.origin(to)
    const next = followRedirect(this.bytes, {
      status,
      to,
      sameOrigin: origin.protocol === this.origin.protocol && origin.host === this.origin.host,
      cookies:
        this.#plan.sendsCookies && jar !== undefined
          ? jar.fieldFor(origin, to.pathname, this.#services.clock.wallMs())
          : undefined,
    })
    this.#releaseSlot()
    this.#hops++
    this.origin = origin
    this.bytes = next.bytes
    this.isIdempotent = this.#plan.isIdempotent || next.method === 'GET'
    // One time limit for all hops together.
    this.timeoutMs = wholeTimeout(this.#plan.timeoutMs - (nowMs - this.sentMs))
    this.flushed = false
    this.#services.client.send(this)
  }

  /** Bytes that may still be on their way out of this process belong to the socket: such a slot is left to it. */
  #releaseSlot(): void {
    const slot = this.#slot
    if (slot === undefined) return
    this.#slot = undefined
    if (this.flushed || this.#sentMs === notSent) this.#plan.template.release(slot)
  }
}

/** Deadlines of different durations each cost something for good, and finer than this none is kept. */
const timeoutStepMs = 10

const wholeTimeout = (leftMs: number): number =>
  Math.max(1, Math.ceil(leftMs / timeoutStepMs)) * timeoutStepMs

import type { Clock, Timer } from '../../lib/clock.ts'
import { drawFraction } from '../../lib/random.ts'
import type { RequestErrorKind, UnsentReason } from '../../measuring/outcomes.ts'
import type { Recorder } from '../../measuring/recorder.ts'
import { CookieJar } from './cookie-jar.ts'
import type { ExchangeOwner, HttpExchange } from './http-exchange.ts'
import type { OperationContext } from './operation-context.ts'
import type { RequestPlan } from './request-plan.ts'

export type JourneyStepPlan =
  | { kind: 'request'; request: RequestPlan }
  /** `stream`: of the draws between the two. */
  | { kind: 'think'; minMs: number; maxMs: number; stream: number }

export interface JourneyPlan {
  readonly recorder: Recorder
  readonly steps: readonly JourneyStepPlan[]
}

/** What all journeys of a workload share. */
export interface JourneyServices {
  readonly seed: number
  readonly clock: Clock
  readonly context: OperationContext
  /** Journeys that wait for a timer, so that they can be stopped. */
  readonly thinking: Set<Journey>
  /** True: no further step is sent. */
  isStopping(): boolean
  takeExchange(plan: RequestPlan): HttpExchange
  giveBack(exchange: HttpExchange): void
  journeyEnded(): void
}

/**
 * One user's way through the steps, with cookies and captured variables of its own.
 *
 *   at a step            what happens                                  the journey
 *   request, answered    also with failed checks                       next step
 *   request, answered    a capture found nothing                       ends: failed, `protocol`
 *   request, failed      no answer                                     ends: failed, with the request's kind
 *   request, unsent      a value that cannot be sent, a host that      ends: unsent, with the request's reason
 *                        is not allowed, ...
 *   think                the time drawn from (seed, index, step)       next step
 *   any                  the workload is stopping                      ends: unsent, `stopped`
 *   beyond the last                                                    ends: answered
 *
 * A step's intended start is the end of the request before it plus the think time between. The journey's response time is
 * the sum of its requests' response times, its service time that of their service times: think time is in neither. A
 * journey with a failed check counts once under errors.check. Its sends are counted once, with the first request's
 * lateness; bytes are its requests'.
 */
export class Journey implements ExchangeOwner {
  readonly #services: JourneyServices
  readonly #plan: JourneyPlan
  readonly #index: number
  readonly #rows: Int32Array
  #nextStep = 0
  /** Of the next request; of the current one while it is under way. */
  #intendedMs: number
  #responseMs = 0
  #serviceMs = 0
  #failedCheck = false
  #isSent = false
  #timer: Timer | undefined

  readonly jar = new CookieJar()
  readonly variables = new Map<string, string>()

  /** `rows`: the journey's own, by feeder number. */
  constructor(
    services: JourneyServices,
    plan: JourneyPlan,
    index: number,
    rows: Int32Array,
    intendedMs: number,
  ) {
    this.#services = services
    this.#plan = plan
    this.#index = index
    this.#rows = rows
    this.#intendedMs = intendedMs
  }

  start(): void {
    this.#plan.recorder.start()
    this.#goOn()
  }

  /** Ends it while it thinks. */
  stopThinking(): void {
    this.#timer?.cancel()
    this.#endUnsent('stopped')
  }

  requestSent(latenessUs: number): void {
    if (this.#isSent) return
    this.#isSent = true
    this.#plan.recorder.sent(latenessUs, 0, false)
  }

  requestAnswered(
    exchange: HttpExchange,
    nowMs: number,
    checksPassed: boolean,
    missing: string | undefined,
  ): void {
    this.#responseMs += nowMs - exchange.intendedMs
    this.#serviceMs += nowMs - exchange.sentMs
    if (!checksPassed) this.#failedCheck = true
    this.#services.giveBack(exchange)
    if (missing !== undefined) {
      this.#endFailed('protocol', `capture ${missing} found nothing`)
      return
    }
    this.#intendedMs = nowMs
    this.#goOn()
  }

  requestFailed(exchange: HttpExchange, nowMs: number, kind: RequestErrorKind, detail: string): void {
    this.#responseMs += nowMs - exchange.intendedMs
    this.#services.giveBack(exchange)
    this.#endFailed(kind, detail)
  }

  requestUnsent(exchange: HttpExchange, _nowMs: number, reason: UnsentReason): void {
    this.#services.giveBack(exchange)
    this.#endUnsent(reason)
  }

  /** Up to the next request or pause, or to the end. */
  #goOn(): void {
    for (;;) {
      const number = this.#nextStep++
      const step = this.#plan.steps[number]
      if (step === undefined) {
        this.#endAnswered()
        return
      }
      if (this.#services.isStopping()) {
        this.#endUnsent('stopped')
        return
      }
      if (step.kind === 'request') {
        this.#send(step.request)
        return
      }
      const thinkMs =
        step.minMs + (step.maxMs - step.minMs) * drawFraction(this.#services.seed, step.stream, this.#index)
      if (thinkMs > 0) {
        this.#think(thinkMs)
        return
      }
    }
  }

  #think(thinkMs: number): void {
    const { clock, thinking } = this.#services
    this.#intendedMs += thinkMs
    thinking.add(this)
    this.#timer = clock.after(Math.max(0, this.#intendedMs - clock.nowMs()), () => {
      this.#timer = undefined
      thinking.delete(this)
      this.#goOn()
    })
  }

  #send(request: RequestPlan): void {
    const { context } = this.#services
    context.index = this.#index
    context.rows = this.#rows
    context.variables = this.variables
    context.jar = this.jar
    this.#services.takeExchange(request).start(request, this, this.#intendedMs)
  }

  #endAnswered(): void {
    const { recorder } = this.#plan
    recorder.answered(0, this.#responseMs * 1000, this.#serviceMs * 1000, 0)
    if (this.#failedCheck) recorder.checkFailed()
    this.#services.journeyEnded()
  }

  #endFailed(kind: RequestErrorKind, detail: string): void {
    this.#plan.recorder.failed(kind, this.#responseMs * 1000, detail, 0)
    this.#services.journeyEnded()
  }

  #endUnsent(reason: UnsentReason): void {
    this.#services.thinking.delete(this)
    this.#plan.recorder.unsent(reason)
    this.#services.journeyEnded()
  }
}

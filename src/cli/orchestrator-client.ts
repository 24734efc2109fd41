import { isErrorCode } from '../api/problem.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError, type ErrorCode, messageOf } from '../lib/errors.ts'
import { readEvents, type ServerEvent } from '../lib/event-stream.ts'

/** The API of an orchestrator, from outside. */
export interface OrchestratorAddress {
  /** Without a slash at its end. */
  url: string
  token: string | undefined
}

/** How long an answer may take. */
const answerMs = 30_000

/** A stream says something each second; after this silence its connection is dead. */
const silentMs = 15_000

export class OrchestratorClient {
  readonly #address: OrchestratorAddress
  readonly #clock: Clock

  constructor(address: OrchestratorAddress, clock: Clock) {
    this.#address = address
    this.#clock = clock
  }

  get url(): string {
    return this.#address.url
  }

  /**
   * The answer's JSON; undefined where it has no body. Rejects with ORCHESTRATOR_UNREACHABLE, or with the AppError that the
   * orchestrator answers.
   */
  async ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
    using patience = this.#patience(answerMs)
    const response = await this.#fetch(method, path, patience.signal, body)
    try {
      const text = await response.text()
      return (text === '' ? undefined : JSON.parse(text)) as T
    } catch (error) {
      throw this.#unreachable(error, patience.signal)
    }
  }

  /** Events of a run behind the one with the number `after`. Ends when the orchestrator ends it; rejects as {@link ask}. */
  async *events(runId: string, after: number | undefined): AsyncGenerator<ServerEvent> {
    using patience = this.#patience(silentMs)
    const query = after === undefined ? '' : `?after=${after}`
    const path = `/api/runs/${encodeURIComponent(runId)}/events${query}`
    const response = await this.#fetch('GET', path, patience.signal)
    const { body } = response
    if (body === null) return
    try {
      for await (const event of readEvents(body)) {
        patience.renew()
        yield event
      }
    } catch (error) {
      throw this.#unreachable(error, patience.signal)
    }
  }

  async #fetch(method: string, path: string, signal: AbortSignal, body?: unknown): Promise<Response> {
    const { url, token } = this.#address
    let response: Response
    try {
      response = await fetch(url + path, {
        method,
        signal,
        redirect: 'error',
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (error) {
      throw this.#unreachable(error, signal)
    }
    if (response.ok) return response
    throw await this.#problemOf(response)
  }

  async #problemOf(response: Response): Promise<AppError> {
    const text = await response.text().catch(() => '')
    const problem = parseProblem(text)
    if (problem !== undefined) return new AppError(problem.code, problem.detail, { hint: problem.hint })
    const { status } = response
    if (status === 401 || status === 403)
      return new AppError('UNAUTHORIZED', `${this.url} refuses us (HTTP ${status}).`)
    return new AppError(
      'ORCHESTRATOR_UNREACHABLE',
      `${this.url} is no orchestrator: it answered HTTP ${status}.`,
    )
  }

  #unreachable(error: unknown, signal: AbortSignal): AppError {
    // What `fetch` says itself is only "fetch failed".
    const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : error
    const why = signal.aborted ? messageOf(signal.reason) : messageOf(cause) || 'no connection'
    return new AppError('ORCHESTRATOR_UNREACHABLE', `No orchestrator answers at ${this.url}: ${why}`, {
      cause: error,
    })
  }

  /** Aborts after a silence, until it is disposed of. */
  #patience(limitMs: number): Disposable & { signal: AbortSignal; renew: () => void } {
    const controller = new AbortController()
    const arm = () =>
      this.#clock.after(limitMs, () => controller.abort(new Error(`it said nothing for ${limitMs / 1000} s`)))
    let timer = arm()
    return {
      signal: controller.signal,
      renew: () => {
        timer.cancel()
        timer = arm()
      },
      [Symbol.dispose]: () => {
        timer.cancel()
        controller.abort(new Error('no longer wanted'))
      },
    }
  }
}

const parseProblem = (text: string): { code: ErrorCode; detail: string; hint: string } | undefined => {
  try {
    const { code, detail, hint } = JSON.parse(text) as Record<string, unknown>
    if (typeof code !== 'string' || typeof detail !== 'string' || typeof hint !== 'string') return undefined
    // An orchestrator of another version may know codes that we do not.
    return { code: isErrorCode(code) ? code : 'INTERNAL', detail, hint }
  } catch {
    return undefined
  }
}

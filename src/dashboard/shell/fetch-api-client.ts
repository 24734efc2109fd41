import type { ScenarioFault } from '../../scenario/scenario-faults.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { PageClock } from '../page.ts'

export interface FetchApiClientOptions {
  fetch: typeof fetch
  clock: PageClock
  /** Kept for this tab. */
  token: { value: string | null }
  /** The user is asked; undefined: none was given. `wasRefused`: the one that we had was wrong. */
  askToken(wasRefused: boolean): Promise<string | undefined>
}

/** For an answer's head. The store may take 10 s, and a report more. */
const patienceMs = 30_000

/**
 * A browser has six connections to an origin, and each open page's stream keeps one. With six pages nothing else is ever
 * sent, so whoever waits this long for an answer lets go of its stream; who follows that opens it again, behind the others.
 */
const crowdedMs = 2500

type Body = { json: unknown } | { yaml: string }

/** The API over `fetch`, with the token that it wants. */
export class FetchApiClient implements ApiClient {
  readonly #options: FetchApiClientOptions
  readonly #streams = new Set<AbortController>()
  #asking: Promise<string | undefined> | undefined

  constructor(options: FetchApiClientOptions) {
    this.#options = options
  }

  get hasToken(): boolean {
    return this.#options.token.value !== null
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#read(
      await this.#ask('GET', path, undefined, signal),
      (answer) => answer.json() as Promise<T>,
    )
  }

  async text(path: string, signal?: AbortSignal): Promise<string> {
    return this.#read(await this.#ask('GET', path, undefined, signal), (answer) => answer.text())
  }

  async post<T>(path: string, body?: Body, signal?: AbortSignal): Promise<T> {
    return this.#read(await this.#ask('POST', path, body, signal), (answer) => answer.json() as Promise<T>)
  }

  async remove(path: string): Promise<void> {
    await this.#ask('DELETE', path)
  }

  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const own = new AbortController()
    signal.addEventListener('abort', () => own.abort(signal.reason), { once: true })
    if (signal.aborted) own.abort(signal.reason)
    const { body } = await this.#ask('GET', path, undefined, own.signal)
    if (body === null) throw unreachable()
    this.#streams.add(own)
    own.signal.addEventListener('abort', () => this.#streams.delete(own))
    return body
  }

  /** Rejects with ApiProblem, or as `fetch` does where the caller gave up. */
  async #ask(method: string, path: string, body?: Body, signal?: AbortSignal): Promise<Response> {
    for (;;) {
      const { token } = this.#options
      const used = token.value
      const answer = await this.#send(method, path, body, used, signal)
      if (answer.ok) return answer
      const problem = await problemOf(answer)
      if (problem.status !== 401) throw problem
      // Another request may have been answered meanwhile.
      if (token.value !== used) continue
      token.value = null
      const given = await untilAborted(this.#askToken(used !== null), signal)
      if (given === undefined) throw problem
    }
  }

  #askToken(wasRefused: boolean): Promise<string | undefined> {
    this.#asking ??= this.#options.askToken(wasRefused).then((given) => {
      this.#asking = undefined
      this.#options.token.value = given ?? null
      return given
    })
    return this.#asking
  }

  async #send(
    method: string,
    path: string,
    body: Body | undefined,
    token: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    signal?.throwIfAborted()
    const attempt = new AbortController()
    const abort = (): void => attempt.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    let isLate = false
    const timer = this.#options.clock.after(patienceMs, () => {
      isLate = true
      attempt.abort()
    })
    const crowded = this.#options.clock.after(crowdedMs, () => {
      for (const stream of this.#streams) stream.abort(unreachable())
    })
    try {
      return await this.#options.fetch(path, {
        method,
        cache: 'no-store',
        credentials: 'same-origin',
        signal: attempt.signal,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'json' in body ? 'application/json' : 'application/yaml' }),
        },
        ...(body === undefined ? {} : { body: 'json' in body ? JSON.stringify(body.json) : body.yaml }),
      })
    } catch (error) {
      signal?.removeEventListener('abort', abort)
      if (signal?.aborted === true) throw error
      throw unreachable(isLate ? `for ${patienceMs / 1000} s` : undefined)
    } finally {
      // The signal goes on to end what is read of the body.
      timer.cancel()
      crowded.cancel()
    }
  }

  async #read<T>(answer: Response, read: (answer: Response) => Promise<T>): Promise<T> {
    try {
      return await read(answer)
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error
      throw new ApiProblem({
        status: 0,
        code: 'UNREACHABLE',
        detail: 'The answer of the orchestrator broke off.',
        hint: 'Try again.',
      })
    }
  }
}

const unreachable = (since?: string): ApiProblem =>
  new ApiProblem({
    status: 0,
    code: 'UNREACHABLE',
    detail: `The orchestrator does not answer${since === undefined ? '' : ` (${since})`}.`,
    hint: 'Look whether it still runs, and whether this machine reaches it.',
  })

/** What comes between (a proxy's page) is no problem document: its status then says all. */
const problemOf = async (answer: Response): Promise<ApiProblem> => {
  const { status, statusText } = answer
  const said: unknown = await answer.json().catch(() => undefined)
  const fields = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {}
  const text = (name: string): string | undefined =>
    typeof fields[name] === 'string' ? fields[name] : undefined
  return new ApiProblem({
    status,
    code: text('code') ?? `HTTP_${status}`,
    detail: text('detail') ?? `The answer was ${status} ${statusText}`.trim(),
    hint: text('hint') ?? '',
    ...(Array.isArray(fields.faults) ? { faults: fields.faults as ScenarioFault[] } : {}),
  })
}

const untilAborted = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

import type { ScenarioFault } from '../scenario/scenario-faults.ts'

/** An answer from 400 on (RFC 9457), or none at all (`status` 0, code `UNREACHABLE`). */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string
  readonly faults: readonly ScenarioFault[]

  constructor(problem: {
    status: number
    code: string
    detail: string
    hint?: string
    faults?: readonly ScenarioFault[]
  }) {
    super(problem.detail)
    this.status = problem.status
    this.code = problem.code
    this.hint = problem.hint ?? ''
    this.faults = problem.faults ?? []
  }
}

/** The orchestrator that served the page. All reject with ApiProblem; an abort rejects as `fetch` does. */
export interface ApiClient {
  /** Read as JSON, unless `text`. */
  get<T>(path: string, signal?: AbortSignal): Promise<T>
  text(path: string, signal?: AbortSignal): Promise<string>
  /** Body: JSON, or a scenario's text with its own content type. */
  post<T>(path: string, body?: { json: unknown } | { yaml: string }, signal?: AbortSignal): Promise<T>
  remove(path: string): Promise<void>
  /** A stream of events, at the moment when its head has come. */
  stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
  /** The token is asked for once; requests wait for it. */
  readonly hasToken: boolean
}

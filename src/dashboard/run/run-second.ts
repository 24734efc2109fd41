import type { Distribution } from '../../results/distribution.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { Span } from '../charts/charts-input.ts'
import type { SpectrumState } from '../charts/spectrum-figure.ts'
import { sentenceText } from './run-text.ts'

export interface SecondLoaderOptions {
  api: ApiClient
  id: string
  show: (state: SpectrumState) => void
}

/** Fetches the full distribution of a chosen second or span; only the latest choice is ever shown. */
export class SecondLoader {
  readonly #options: SecondLoaderOptions
  #aborter: AbortController | undefined

  constructor(options: SecondLoaderOptions) {
    this.#options = options
  }

  choose(span: Span | undefined, request: string): void {
    this.#aborter?.abort()
    this.#aborter = undefined
    if (span === undefined) this.#options.show({ kind: 'none' })
    else void this.#load(span, request)
  }

  close(): void {
    this.#aborter?.abort()
  }

  async #load(span: Span, request: string): Promise<void> {
    const { api, id, show } = this.#options
    const aborter = new AbortController()
    this.#aborter = aborter
    show({ kind: 'loading', span })
    try {
      const distribution = await api.get<Distribution>(pathOf(id, span, request), aborter.signal)
      if (!aborter.signal.aborted) show({ kind: 'shown', span, distribution })
    } catch (error) {
      if (aborter.signal.aborted) return
      show({ kind: 'failed', message: messageOf(error) })
    }
  }
}

const pathOf = (id: string, { from, to }: Span, request: string): string => {
  const query = new URLSearchParams({ to: String(to), ...(request === '*' ? {} : { request }) })
  return `/api/runs/${encodeURIComponent(id)}/seconds/${from}?${query}`
}

const messageOf = (error: unknown): string =>
  error instanceof ApiProblem
    ? `${sentenceText(error.message)} ${sentenceText(error.hint)}`.trim()
    : 'the orchestrator does not answer'

import { readEvents } from '../lib/event-stream.ts'

/** An event of an orchestrator's stream. */
export interface StreamEvent {
  event: string
  id: number | undefined
  data: Record<string, unknown>
}

/** A stream of events as it is heard: all so far, until it ends or is left. */
export class HeardStream {
  readonly events: StreamEvent[] = []
  isEnded = false
  readonly ended: Promise<void>
  readonly #controller = new AbortController()

  constructor(url: string, headers: Record<string, string> = {}) {
    this.ended = this.#hear(url, headers).finally(() => {
      this.isEnded = true
    })
    this.ended.catch(() => {})
  }

  get updates(): StreamEvent[] {
    return this.events.filter(({ event }) => event === 'update')
  }

  /** The seconds that were told, in order. */
  get seconds(): number[] {
    return this.updates.flatMap(({ data }) =>
      (data.seconds as { second: number }[]).map(({ second }) => second),
    )
  }

  leave(): void {
    this.#controller.abort()
  }

  async #hear(url: string, headers: Record<string, string>): Promise<void> {
    const response = await fetch(url, { headers, signal: this.#controller.signal })
    if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status}`)
    for await (const { event, id, data } of readEvents(response.body))
      this.events.push({ event, id: id === undefined ? undefined : Number(id), data: JSON.parse(data) })
  }
}

import type { Clock, Timer } from '../lib/clock.ts'

/**
 * Events to many clients, each in SSE framing (HTML standard, section 9.2), numbered without holes. The newest are kept,
 * so that a client that comes back with the number of its last one gets those between, or is told that there is a hole:
 *
 *   id: 1763625604          its number
 *   event: update           what it is
 *   data: {...}             JSON, one line
 *
 * An event is written out once, however many listen. A client that does not read holds up nobody and costs little: it has
 * one write under way, what comes meanwhile is only kept in the feed, and follows in one write when it reads again.
 * One that takes nothing for `stalledMs` is let go of.
 *
 *   idle     news, or came           writing (all that it has not had)
 *   writing  news                    writing
 *   writing  taken                   idle, or writing again where there is more
 *   writing  `stalledMs` passed      gone
 *   any      closed by either side   gone
 */
export const keptEvents = 120

/** More than this is never owed to a client. */
const maxOwedBytes = 2 ** 20

/** What is needed of a `ServerResponse`. */
export interface EventSink {
  write(text: string, taken: (error?: Error | null) => void): unknown
  end(): unknown
  destroy(): unknown
}

export class EventFeed {
  readonly #clock: Clock
  readonly #stalledMs: number
  readonly #clients = new Set<EventClient>()
  #kept: { seq: number; text: string }[] = []
  #seq: number
  #isEnded = false

  /**
   * Numbers begin at the tenth of a second since the epoch, which events never overtake: a later feed, or life of this
   * process, gives no number a second time, and a client of the earlier one is told of the hole.
   */
  constructor(clock: Clock, stalledMs: number, sinceMs = clock.wallMs()) {
    this.#clock = clock
    this.#stalledMs = stalledMs
    this.#seq = Math.floor(sinceMs / 100)
  }

  /** Of the next event. */
  get nextSeq(): number {
    return this.#seq + 1
  }

  get clients(): number {
    return this.#clients.size
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  publish(event: string, data: unknown): void {
    if (this.#isEnded) return
    const seq = ++this.#seq
    this.#kept.push({ seq, text: frame(event, data, seq) })
    if (this.#kept.length > keptEvents) this.#kept = this.#kept.slice(-keptEvents)
    for (const client of this.#clients) client.wake()
  }

  /** To who waits: we are still here, and nothing has happened. It has no number. */
  tick(data: unknown): void {
    const text = frame('tick', data)
    for (const client of this.#clients) client.offer(text)
  }

  /** The last event; each client is let go of when it has had it. */
  end(event: string, data: unknown): void {
    this.publish(event, data)
    this.#isEnded = true
    for (const client of this.#clients) client.wake()
  }

  /** `after`: the last event that the client has had; without it, it begins with the newest. */
  join(sink: EventSink, after: number | undefined): EventClient {
    const newest = this.#kept.at(-1)
    const from = after ?? (newest === undefined ? this.#seq : newest.seq - 1)
    const client = new EventClient({
      sink,
      clock: this.#clock,
      stalledMs: this.#stalledMs,
      lastSeq: from,
      feed: this,
      onGone: () => this.#clients.delete(client),
    })
    this.#clients.add(client)
    client.wake()
    return client
  }

  /** Everybody goes; who comes back goes on where it was. */
  close(): void {
    for (const client of this.#clients) client.leave()
  }

  /** What comes after `seq`, and up to where; a `reset` and the newest where that is not kept any more. */
  after(seq: number): { text: string; lastSeq: number } | undefined {
    if (seq === this.#seq) return undefined
    const first = this.#kept[0]?.seq ?? this.#seq + 1
    if (seq < first - 1 || seq > this.#seq) {
      const newest = this.#kept.at(-1)?.text ?? ''
      return { text: frame('reset', { after: seq, newest: this.#seq }) + newest, lastSeq: this.#seq }
    }
    const texts = this.#kept.filter((event) => event.seq > seq).map(({ text }) => text)
    return { text: texts.join(''), lastSeq: this.#seq }
  }
}

interface EventClientOptions {
  sink: EventSink
  clock: Clock
  stalledMs: number
  lastSeq: number
  feed: EventFeed
  onGone: () => void
}

export class EventClient {
  readonly #options: EventClientOptions
  #lastSeq: number
  #isWriting = false
  #isGone = false
  #stalled: Timer | undefined

  constructor(options: EventClientOptions) {
    this.#options = options
    this.#lastSeq = options.lastSeq
  }

  /** There may be news. */
  wake(): void {
    if (this.#isWriting || this.#isGone) return
    const { feed } = this.#options
    const news = feed.after(this.#lastSeq)
    if (news === undefined) {
      if (feed.isEnded) this.leave()
      return
    }
    this.#lastSeq = news.lastSeq
    this.#write(news.text)
  }

  /** Something that may be missed. */
  offer(text: string): void {
    if (!this.#isWriting && !this.#isGone) this.#write(text)
  }

  /** The connection is gone, or shall go when what was written is out. */
  leave(): void {
    if (this.#isGone) return
    this.#go()
    this.#options.sink.end()
  }

  /** The other side left. */
  closed(): void {
    this.#go()
  }

  #write(text: string): void {
    const { sink, clock, stalledMs } = this.#options
    if (text.length > maxOwedBytes) {
      this.#drop()
      return
    }
    this.#isWriting = true
    this.#stalled = clock.after(stalledMs, () => this.#drop())
    sink.write(text, (error) => {
      this.#stalled?.cancel()
      this.#isWriting = false
      if (error) this.#drop()
      else this.wake()
    })
  }

  #drop(): void {
    this.#go()
    this.#options.sink.destroy()
  }

  #go(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#stalled?.cancel()
    this.#options.onGone()
  }
}

const frame = (event: string, data: unknown, seq?: number): string =>
  `${seq === undefined ? '' : `id: ${seq}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

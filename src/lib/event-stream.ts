/**
 * Server-sent events as they arrive (HTML standard, section 9.2), in Node and in browsers:
 *
 *   stream  = [ BOM ] *( line end )          UTF-8; chunks break it anywhere
 *   end     = CR LF | LF | CR
 *   line    = ":" anything                   a comment
 *           | field [ ":" [ " " ] value ]    `data` lines of one event are joined by LF; of others the last counts
 *           | ""                             ends the event; one without `data` is none
 *
 * Other fields than `event`, `data` and `id` mean nothing here. What follows the last empty line is dropped: its end was lost.
 */
export interface ServerEvent {
  event: string
  data: string
  /** As this event said it; unlike in the standard not inherited from the one before. */
  id: string | undefined
}

/** No event of an orchestrator is near it: what is longer is no such stream. */
const longestEvent = 16 * 2 ** 20

export class EventParser {
  readonly #decoder = new TextDecoder()
  /** The line that has begun. */
  #line = ''
  /** A LF right behind a CR belongs to it, even in the next chunk. */
  #endedInCr = false
  /** Characters of data of the event that has begun. */
  #length = 0
  #event = ''
  #id: string | undefined
  #data: string[] = []

  /** The events that are complete with this chunk. Throws where one grows beyond all reason. */
  push(chunk: Uint8Array): ServerEvent[] {
    const text = this.#decoder.decode(chunk, { stream: true })
    if (text === '') return []
    const lines = text.slice(this.#endedInCr && text.startsWith('\n') ? 1 : 0).split(/\r\n|\r|\n/)
    this.#endedInCr = text.endsWith('\r')
    const events: ServerEvent[] = []
    const begun = lines.pop() ?? ''
    for (const line of lines) {
      const event = this.#take(this.#line + line)
      this.#line = ''
      if (event !== undefined) events.push(event)
    }
    this.#line += begun
    if (this.#length + this.#line.length > longestEvent) throw new Error('this is no stream of events')
    return events
  }

  #take(line: string): ServerEvent | undefined {
    if (line === '') return this.#finish()
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') {
      this.#data.push(value)
      this.#length += value.length + 1
    } else if (name === 'event') this.#event = value
    else if (name === 'id' && !value.includes('\0')) this.#id = value
    return undefined
  }

  #finish(): ServerEvent | undefined {
    const event =
      this.#data.length === 0
        ? undefined
        : { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id }
    this.#event = ''
    this.#id = undefined
    this.#data = []
    this.#length = 0
    return event
  }
}

export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const parser = new EventParser()
  for await (const chunk of chunks) yield* parser.push(chunk)
}

/**
 * Server-sent events as they arrive (HTML standard, section 9.2, as far as our orchestrator uses it): blocks of `field: value`
 * lines, each block ended by an empty line.
 */
export interface ServerEvent {
  event: string
  data: string
  id: string | undefined
}

/** No event of an orchestrator is near it: what is longer is no such stream. */
const longestBlock = 16 * 2 ** 20

export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > longestBlock) throw new Error('this is no stream of events')
    for (const block of blocks) {
      const event = parseBlock(block)
      if (event !== undefined) yield event
    }
  }
}

const parseBlock = (block: string): ServerEvent | undefined => {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const before = fields.get(name)
    fields.set(name, name === 'data' && before !== undefined ? `${before}\n${value}` : value)
  }
  const data = fields.get('data')
  return data === undefined
    ? undefined
    : { event: fields.get('event') ?? 'message', data, id: fields.get('id') }
}

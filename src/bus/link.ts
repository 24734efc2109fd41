import { AppError, messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Bus, BusMessage, MessageHandler, SubscribeOptions, Subscription } from './bus.ts'

/**
 * Carries a bus over a channel of frames: the far side (a forked driver) has a {@link LinkedBus}, this side serves it
 * from any other bus with {@link serveLink}. Frames are plain objects with byte arrays, as structured cloning moves them.
 *
 *   far -> near   publish id topic key value | purge id topic | subscribe id topic options | handled sub | unsubscribe id sub
 *   near -> far   done id error?             | message sub message
 *
 * Requests are answered by `done` with their id; the id of `subscribe` becomes the subscription's. A message is followed
 * by the next of its subscription only after `handled`, so a slow handler holds up the near side and nothing piles up.
 */
export type LinkFrame =
  | { op: 'publish'; id: number; topic: string; key: string; value: Uint8Array }
  | { op: 'purge'; id: number; topic: string }
  | { op: 'subscribe'; id: number; topic: string; options: SubscribeOptions }
  | { op: 'unsubscribe'; id: number; sub: number }
  | { op: 'handled'; sub: number }
  | { op: 'done'; id: number; error?: { code: string; message: string } }
  | { op: 'message'; sub: number; message: BusMessage }

/** Two ends, frames in order. `onFrame` and `onClose` are set once, before the first frame. */
export interface LinkChannel {
  send(frame: LinkFrame): void
  onFrame(receive: (frame: LinkFrame) => void): void
  /** The other side is gone; nothing comes or goes any more. */
  onClose(closed: () => void): void
}

interface Pending {
  resolve: () => void
  reject: (error: AppError) => void
}

export class LinkedBus implements Bus {
  readonly #channel: LinkChannel
  readonly #logger: Logger
  readonly #pending = new Map<number, Pending>()
  readonly #subscriptions = new Map<
    number,
    { handler: MessageHandler; handling: Promise<void> | undefined }
  >()
  #nextId = 0
  #closed = false

  constructor(channel: LinkChannel, logger: Logger) {
    this.#channel = channel
    this.#logger = logger
    channel.onFrame((frame) => this.#receive(frame))
    channel.onClose(() => this.#lose())
  }

  publish(topic: string, key: string, value: Uint8Array): Promise<void> {
    return this.#request((id) => ({ op: 'publish', id, topic, key, value }))
  }

  purge(topic: string): Promise<void> {
    return this.#request((id) => ({ op: 'purge', id, topic }))
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    let sub = 0
    await this.#request((id) => {
      sub = id
      this.#subscriptions.set(id, { handler, handling: undefined })
      return { op: 'subscribe', id, topic, options }
    })
    return { close: () => this.#unsubscribe(sub) }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions.keys()].map((sub) => this.#unsubscribe(sub)))
    await Promise.allSettled([...this.#pending.values()].map((pending) => settled(pending)))
    this.#closed = true
  }

  async #unsubscribe(sub: number): Promise<void> {
    const subscription = this.#subscriptions.get(sub)
    if (subscription === undefined) return
    this.#subscriptions.delete(sub)
    if (!this.#closed) await this.#request((id) => ({ op: 'unsubscribe', id, sub })).catch(() => {})
    await subscription.handling
  }

  #request(frame: (id: number) => LinkFrame): Promise<void> {
    if (this.#closed) return Promise.reject(new AppError('BUS_CLOSED', 'The bus is closed.'))
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#pending.set(id, { resolve, reject })
      this.#channel.send(frame(id))
    })
  }

  #receive(frame: LinkFrame): void {
    if (frame.op === 'done') {
      const pending = this.#pending.get(frame.id)
      this.#pending.delete(frame.id)
      if (frame.error === undefined) pending?.resolve()
      else pending?.reject(new AppError(asCode(frame.error.code), frame.error.message))
    } else if (frame.op === 'message') {
      const subscription = this.#subscriptions.get(frame.sub)
      if (subscription === undefined) return
      subscription.handling = this.#handle(subscription.handler, frame.message).then(() => {
        subscription.handling = undefined
        if (!this.#closed) this.#channel.send({ op: 'handled', sub: frame.sub })
      })
    }
  }

  async #handle(handler: MessageHandler, message: BusMessage): Promise<void> {
    try {
      await handler(message)
    } catch (error) {
      this.#logger.error('a message handler failed; the message is not delivered again', {
        topic: message.topic,
        offset: message.offset,
        error: messageOf(error),
      })
    }
  }

  #lose(): void {
    this.#closed = true
    this.#subscriptions.clear()
    for (const { reject } of this.#pending.values())
      reject(new AppError('BUS_CLOSED', 'The other side of the link is gone.'))
    this.#pending.clear()
  }
}

/** Resolves when the pending request is answered either way; wraps its callbacks, as a Promise has no late listeners here. */
const settled = (pending: Pending): Promise<void> =>
  new Promise((resolve) => {
    const { resolve: accept, reject } = pending
    pending.resolve = () => {
      accept()
      resolve()
    }
    pending.reject = (error) => {
      reject(error)
      resolve()
    }
  })

const asCode = (code: string): 'MESSAGE_TOO_LARGE' | 'BUS_CLOSED' | 'INTERNAL' =>
  code === 'MESSAGE_TOO_LARGE' || code === 'BUS_CLOSED' ? code : 'INTERNAL'

/** Serves the far side from `bus` until the channel closes; resolves then, with the bus closed. */
export const serveLink = (channel: LinkChannel, bus: Bus): Promise<void> =>
  new Promise((resolve) => {
    const subscriptions = new Map<number, { subscription: Subscription; handled: (() => void) | undefined }>()
    let open = true

    const done = (id: number) => (error?: unknown) => {
      if (!open) return
      if (error === undefined) channel.send({ op: 'done', id })
      else
        channel.send({
          op: 'done',
          id,
          error: { code: error instanceof AppError ? error.code : 'INTERNAL', message: messageOf(error) },
        })
    }

    const subscribe = async (id: number, topic: string, options: SubscribeOptions): Promise<void> => {
      const entry: { subscription: Subscription; handled: (() => void) | undefined } = {
        subscription: { close: async () => {} },
        handled: undefined,
      }
      subscriptions.set(id, entry)
      entry.subscription = await bus.subscribe(topic, options, (message) => {
        if (!open || !subscriptions.has(id)) return undefined
        return new Promise<void>((handled) => {
          entry.handled = handled
          channel.send({ op: 'message', sub: id, message })
        })
      })
    }

    const unsubscribe = async (sub: number): Promise<void> => {
      const entry = subscriptions.get(sub)
      if (entry === undefined) return
      subscriptions.delete(sub)
      // The far side waits for its own handler; the pump here must not wait for a `handled` that may never come.
      entry.handled?.()
      await entry.subscription.close()
    }

    const carryOut = (frame: LinkFrame & { id: number }): Promise<void> | undefined => {
      switch (frame.op) {
        case 'publish':
          return bus.publish(frame.topic, frame.key, frame.value)
        case 'purge':
          return bus.purge(frame.topic)
        case 'subscribe':
          return subscribe(frame.id, frame.topic, frame.options)
        case 'unsubscribe':
          return unsubscribe(frame.sub)
        default:
          return undefined
      }
    }

    channel.onFrame((frame) => {
      if (frame.op === 'message') return
      if (frame.op === 'handled') {
        const entry = subscriptions.get(frame.sub)
        const handled = entry?.handled
        if (entry !== undefined) entry.handled = undefined
        handled?.()
        return
      }
      const work = carryOut(frame)
      if (work === undefined) return
      const answer = done(frame.id)
      work.then(() => answer(), answer)
    })

    channel.onClose(() => {
      open = false
      for (const entry of subscriptions.values()) entry.handled?.()
      bus.close().then(resolve, () => resolve())
    })
  })

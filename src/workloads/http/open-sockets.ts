import type { Socket } from 'node:net'

/** Every socket of a client until the system has let go of it, so that closing can be proved complete. */
export class OpenSockets {
  readonly #sockets = new Set<Socket>()
  #isClosed = false
  #emptyListeners: (() => void)[] = []

  /** After `close` no socket may be made. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  add(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#sockets.size > 0) return
      for (const listener of this.#emptyListeners.splice(0)) listener()
    })
  }

  /** Destroys them all; resolves when the last handle is gone. */
  close(): Promise<void> {
    this.#isClosed = true
    for (const socket of this.#sockets) socket.destroy()
    if (this.#sockets.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#emptyListeners.push(resolve))
  }
}

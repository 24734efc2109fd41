// Loaded before a program that `pinned-node.mjs` runs as its child: the program ends when its parent does, however that ends.
import { Socket } from 'node:net'

const descriptor = process.env.GROUNDSWELL_LIFELINE
if (descriptor !== undefined) {
  // Of this process alone: those that it starts have parents of their own, and other things open under the same number.
  delete process.env.GROUNDSWELL_LIFELINE
  const lifeline = new Socket({ fd: Number(descriptor) })
  lifeline.on('error', () => {})
  // What a shell says of a process that was killed; by `exit`, not a signal, so that the terminal is put in order.
  lifeline.on('close', () => process.exit(137))
  lifeline.resume()
  lifeline.unref()
}

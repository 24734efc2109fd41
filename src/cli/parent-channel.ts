import type { LinkChannel, LinkFrame } from '../bus/link.ts'
import type { ParentLink } from './program-context.ts'

/** The link to the process that forked this one, as the bus's channel. */
export const channelToParent = (parent: ParentLink): LinkChannel => ({
  send: (frame) => parent.send(frame),
  onFrame: (receive) => parent.onMessage((message) => receive(message as LinkFrame)),
  onClose: (closed) => parent.onClose(closed),
})

/** The kinds of sockets, servers, timers and look-ups that this process has open; empty when all is cleaned up. */
export const openHandles = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Timeout|Immediate|AddrInfo/.test(kind))

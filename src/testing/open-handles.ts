/** The kinds of sockets, servers, timers and look-ups that this process has open, sorted: compare before and after. */
export const openHandles = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((kind) => /TCP|TLS|Timeout|Immediate|AddrInfo/.test(kind))
    .sort()

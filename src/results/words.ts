/** What is counted, in words, for those who have not read the glossary. */

export const reasonWords: Readonly<Record<string, string>> = {
  maxInFlight: 'maxInFlight: too many were already in flight',
  stopped: 'stopped: the run ended first',
  template: 'template: a value cannot stand in a request',
  feeder: 'feeder: no row was left',
  notAllowed: 'notAllowed: led to a host outside the allow list',
  noPorts: "noPorts: the driver's machine had no port left",
  noDescriptors: 'noDescriptors: the driver had no file descriptor left',
}

export const errorWords: Readonly<Record<string, string>> = {
  resolve: 'the name of the target was not found',
  connect: 'no connection came about',
  tls: 'the TLS handshake failed',
  timeout: 'no complete answer in time',
  reset: 'the connection broke before the answer was complete',
  protocol: 'what came was no HTTP',
  check: 'a complete answer failed a check',
  unknown: 'a driver written by others did not say of which kind',
}

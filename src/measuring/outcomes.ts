/** The words under which operations are counted. A word is added here, in `docs/wire.md` and in the report's schema at once. */

/**
 * Why a request has no good answer, by the phase in which it went wrong: looking the name up; until the connection stood;
 * the TLS handshake; too slow; the connection broke; bytes that are no HTTP; a whole answer that failed a check.
 */
export const errorKinds = ['resolve', 'connect', 'tls', 'timeout', 'reset', 'protocol', 'check'] as const
export type RequestErrorKind = (typeof errorKinds)[number]

/**
 * Why something planned was not sent. `maxInFlight`: the bound on memory was reached; `stopped`: the run was stopped
 * first; `template`: a value cannot stand in a request; `feeder`: no row was left; `notAllowed`: a redirect or a
 * templated URL led to a host outside the driver's list; `noPorts`, `noDescriptors`: the driver's own machine ran out,
 * so the run is degraded.
 */
export const unsentReasons = [
  'maxInFlight',
  'stopped',
  'template',
  'feeder',
  'notAllowed',
  'noPorts',
  'noDescriptors',
] as const
export type UnsentReason = (typeof unsentReasons)[number]

/** Reasons that are the driver's own fault: the target was not asked what the plan says. */
export const driverFaults: readonly UnsentReason[] = ['noPorts', 'noDescriptors']

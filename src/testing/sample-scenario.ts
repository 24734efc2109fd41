import { parseSlo, type Slo } from '../measuring/slo.ts'
import type { Load, Scenario } from '../scenario/scenario.ts'

/** A scenario as parsed, with little in it. */
export const sampleScenario = (
  changes: Partial<Omit<Scenario, 'slo'>> & { slo?: string[] } = {},
): Scenario => ({
  name: 'sample',
  seed: 42,
  drivers: 2,
  labels: {},
  start: { deadlineMs: 10_000, atLeast: changes.drivers ?? 2 },
  http: {
    targets: ['http://127.0.0.1:9/'],
    timeoutMs: 10_000,
    connectTimeoutMs: 3000,
    connections: 100,
    reuse: true,
    idleTimeoutMs: 4000,
    localAddresses: [],
    tls: { insecure: false, resume: true },
    headers: {},
    redirects: 0,
    maxHeadBytes: 65_536,
    maxKeptBodyBytes: 1_000_000,
    preflight: true,
    feeders: {},
    requests: [
      {
        kind: 'request',
        name: 'GET /',
        weight: 1,
        method: 'GET',
        url: '/',
        headers: {},
        checks: [],
        captures: [],
      },
    ],
  },
  load: rateOf(100, 5000),
  ...changes,
  slo: (changes.slo ?? []).map(slo),
})

export const rateOf = (perSecond: number, durationMs: number): Load => ({
  kind: 'rate',
  perSecond,
  durationMs,
  arrivals: 'uniform',
  perDriver: false,
  maxInFlight: 10_000,
})

const slo = (text: string): Slo => {
  const parsed = parseSlo(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.slo
}

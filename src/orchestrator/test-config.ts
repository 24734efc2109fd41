import { createHash } from 'node:crypto'
import { protocol, type TestConfigMessage } from '../bus/messages.ts'
import { createPacer } from '../pacing/create-pacer.ts'
import type { Scenario } from '../scenario/scenario.ts'

/**
 * What the drivers are told of a run. The scenario decides; the brief's fields beside it say the same as far as they can,
 * for nodes that read only those.
 */
export const buildTestConfig = (
  testId: string,
  scenario: Scenario,
  drivers: readonly string[],
  nowMs: number,
  expiresMs: number,
): TestConfigMessage => {
  const { http, load } = scenario
  const meanGapMs = meanGapOf(scenario, drivers.length)
  const first = http.requests[0]
  const request = first?.kind === 'journey' ? first.steps.find((step) => step.kind === 'request') : first
  return {
    test_id: testId,
    test_type: load.kind === 'avalanche' ? 'AVALANCHE' : 'TSUNAMI',
    test_message_delay: meanGapMs / 1000,
    message_count_per_driver: countPerDriver(scenario, drivers.length),
    protocol,
    delay_ms: meanGapMs,
    target_url: firstUrlOf(http.targets[0] ?? '', request?.url ?? '/'),
    method: request?.method ?? 'GET',
    timeout_ms: http.timeoutMs,
    connections: http.connections,
    drivers: [...drivers],
    scenario: { ...scenario },
    config_hash: createHash('sha256').update(JSON.stringify(scenario)).digest('hex'),
    issued_at: nowMs,
    expires_at: expiresMs,
  }
}

/** Longer ones are no message any more. */
const maxUrlLength = 4096

/** The whole URL of the first request; the target alone where that is a template, which only drivers of ours fill in. */
const firstUrlOf = (target: string, url: string): string => {
  if (url.includes('{{')) return target
  const whole = url.startsWith('/') ? target.replace(/\/+$/, '') + url : url
  return whole.length <= maxUrlLength ? whole : target
}

/** Between two operations of one driver, over the whole load; 0 for closed loads. */
const meanGapOf = (scenario: Scenario, drivers: number): number => {
  const { load } = scenario
  if (load.kind === 'avalanche') return 0
  if (load.kind === 'tsunami') return load.gapMs
  const { plan } = createPacer(load, { index: 0, of: drivers }, scenario.seed, [])
  if (load.kind === 'rate') return (1000 / load.perSecond) * (load.perDriver ? 1 : drivers)
  return plan.durationMs === undefined || !plan.operations ? 0 : (plan.durationMs * drivers) / plan.operations
}

const countPerDriver = (scenario: Scenario, drivers: number): number => {
  const { load } = scenario
  if (load.requestsPerDriver !== undefined) return load.requestsPerDriver
  const { plan } = createPacer(load, { index: 0, of: drivers }, scenario.seed, [])
  return plan.operations === undefined ? 0 : Math.ceil(plan.operations / drivers)
}

/** Raw bytes of a file in one message: base64 and the other fields stay below the bus's limit. */
const assetPartBytes = 512 * 1024

/** A file of the scenario as messages. */
export const splitAsset = function* (sha256: string, content: Uint8Array) {
  const parts = Math.max(1, Math.ceil(content.length / assetPartBytes))
  for (let part = 0; part < parts; part++)
    yield {
      sha256,
      size_bytes: content.length,
      part,
      parts,
      data: Buffer.from(content.subarray(part * assetPartBytes, (part + 1) * assetPartBytes)).toString(
        'base64',
      ),
      protocol,
    }
}

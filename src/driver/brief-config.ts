import { isForeign } from '../bus/message-codec.ts'
import type { TestConfigMessage, TriggerMessage } from '../bus/messages.ts'
import { AppError } from '../lib/errors.ts'
import type { Load, Scenario } from '../scenario/scenario.ts'
import { readScenario } from './read-scenario.ts'

/**
 * Our driver under an orchestrator that knows only the brief: a configuration without a scenario and without the drivers
 * that it is for is for every driver, each with the whole count.
 *
 *   AVALANCHE               `message_count_per_driver` requests over at most 100 connections, as fast as answers come
 *   TSUNAMI                 so many, one each `test_message_delay`, whatever the answers do
 *   TSUNAMI without delay   as AVALANCHE: there is no gap to keep
 *
 * What such an orchestrator cannot be told (there is no *rejected* in the brief) is a measurement: a target that nobody
 * answers at is so many errors, not a refusal.
 */
const isBriefConfig = (config: TestConfigMessage): boolean =>
  config.scenario === undefined && config.drivers === undefined

/** Which share of the run is that of this driver; undefined: none. */
export const shareOf = (
  config: TestConfigMessage,
  driverId: string,
): { index: number; of: number } | undefined => {
  if (isBriefConfig(config)) return { index: 0, of: 1 }
  const index = config.drivers?.indexOf(driverId) ?? -1
  if (index === -1 || config.drivers === undefined || config.scenario === undefined) return undefined
  return { index, of: config.drivers.length }
}

/** Throws SCENARIO_INVALID with what this driver cannot carry out. */
export const scenarioOf = (config: TestConfigMessage, defaultTarget: string | undefined): Scenario =>
  isBriefConfig(config) ? scenarioOfBrief(config, defaultTarget) : readScenario(config.scenario)

/** The brief sets no bound on time: generous, and visible. */
const defaultTimeoutMs = 30_000

const mostConnections = 100

/** Where gap and time limit ask for more than an avalanche has. */
const mostOpenConnections = 10_000

const scenarioOfBrief = (config: TestConfigMessage, defaultTarget: string | undefined): Scenario => {
  const { message_count_per_driver: count, delay_ms: delayMs = config.test_message_delay * 1000 } = config
  if (!Number.isSafeInteger(count) || count <= 0)
    throw invalid(
      'it does not say how many requests to make',
      'Set "message_count_per_driver", a whole number above 0.',
    )
  const { origin, path } = targetOf(config.target_url, defaultTarget)
  const timeoutMs = config.timeout_ms || defaultTimeoutMs
  const isOpen = config.test_type === 'TSUNAMI' && delayMs > 0
  const connections = Math.min(
    config.connections || (isOpen ? mostInFlight(timeoutMs, delayMs) : mostConnections),
    count,
  )
  const bounds = { requestsPerDriver: count, maxInFlight: Math.max(count, 1) }
  const load: Load = isOpen
    ? { kind: 'tsunami', gapMs: delayMs, ...bounds }
    : { kind: 'avalanche', inFlight: connections, ...bounds }
  const method = readMethod(config.method)
  return {
    name: `test ${config.test_id}`,
    seed: 0,
    drivers: 1,
    labels: {},
    start: { deadlineMs: timeoutMs, atLeast: 1 },
    http: {
      targets: [origin],
      timeoutMs,
      connectTimeoutMs: Math.min(3000, timeoutMs),
      connections,
      reuse: true,
      idleTimeoutMs: 4000,
      localAddresses: [],
      tls: { insecure: false, resume: true },
      headers: {},
      redirects: 0,
      maxHeadBytes: 65_536,
      maxKeptBodyBytes: 1_048_576,
      preflight: false,
      feeders: {},
      requests: [
        {
          kind: 'request',
          name: `${method} ${path}`,
          weight: 1,
          method,
          url: path,
          headers: {},
          checks: [],
          captures: [],
        },
      ],
    },
    load,
    slo: [],
  }
}

/** So many requests wait for an answer when every one of them is cut off by the time limit: none waits for a connection. */
const mostInFlight = (timeoutMs: number, gapMs: number): number =>
  Math.min(mostOpenConnections, Math.max(mostConnections, Math.ceil(timeoutMs / gapMs) + 1))

const token = /^[A-Za-z!#$%&'*+.^_`|~-]{1,40}$/

const readMethod = (method = 'GET'): string => {
  if (token.test(method)) return method.toUpperCase()
  throw invalid('its method is none', 'Set "method" to GET, or leave it out.')
}

const targetOf = (
  said: string | undefined,
  defaultTarget: string | undefined,
): { origin: string; path: string } => {
  const text = (said ?? defaultTarget)?.trim()
  if (text === undefined || text === '')
    throw invalid(
      'it does not say what to load',
      'Start the driver with --target URL, or set "target_url" in the configuration.',
    )
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw invalid(
      'its target is no URL that can be loaded',
      'Set "target_url" to an http or https URL without user and password.',
    )
  // Nobody means a template here.
  const path = `${url.pathname}${url.search}`.replaceAll('{', '%7B').replaceAll('}', '%7D')
  return { origin: url.origin, path }
}

const invalid = (what: string, hint: string): AppError =>
  new AppError(
    'SCENARIO_INVALID',
    `The orchestrator sent a configuration that this driver cannot carry out: ${what}.`,
    {
      hint,
    },
  )

/** Clocks of other machines may be off by so much. */
const clockToleranceMs = 5000

/** Said by a node that knows only the brief before this process was there: an earlier life of the topic, not for us. */
export const isOlderThan = (message: TestConfigMessage | TriggerMessage, startedAtMs: number): boolean =>
  isForeign(message) && message.issued_at !== undefined && message.issued_at < startedAtMs - clockToleranceMs

const keptMs = 10_000
const keptTriggers = 100

/**
 * Triggers that came before their run was ready. Who knows only the brief cannot know when that is and may send
 * configuration and trigger at once, and between two topics there is no order.
 */
export class EarlyTriggers {
  readonly #held = new Map<string, { trigger: TriggerMessage; atMs: number }>()

  hold(trigger: TriggerMessage, nowMs: number): void {
    if (!isForeign(trigger)) return
    this.#held.delete(trigger.test_id)
    this.#held.set(trigger.test_id, { trigger, atMs: nowMs })
    const oldest = this.#held.keys().next().value
    if (this.#held.size > keptTriggers && oldest !== undefined) this.#held.delete(oldest)
  }

  /** The trigger of this run, once, if it came within the last ten seconds. */
  take(testId: string, nowMs: number): TriggerMessage | undefined {
    const held = this.#held.get(testId)
    this.#held.delete(testId)
    return held !== undefined && nowMs - held.atMs <= keptMs ? held.trigger : undefined
  }
}

import { z } from 'zod'

/**
 * The messages between orchestrator and drivers, by topic. `docs/wire.md` tells the same field by field, and a test holds
 * the two together.
 *
 * Names, and the fields without a note, are those of the distributed load-testing brief; the others are additions, so
 * that a node which speaks only the brief reads our messages unchanged. Unknown fields are ignored. Quantities are
 * numbers; instants are epoch milliseconds unless the name says otherwise.
 */

/** What our nodes say they speak; a node that says nothing speaks only the brief. */
export const protocol = 'groundswell/1'

const id = z.string().min(1).max(200)
const count = z.number().nonnegative()
const ordinal = z.int().nonnegative()
const instantMs = z.number()
const protocolField = z.string().max(40).optional()

const registerSchema = z.object({
  node_id: id.describe('unique id of the driver, random, new at each start'),
  node_IP: z.string().max(200).describe('address of the driver, for people; port 0: it does not listen'),
  message_type: z.literal('DRIVER_NODE_REGISTER').describe('constant'),
  node_ip: z.string().max(200).optional().describe('the same as node_IP, as most implementations spell it'),
  protocol: protocolField.describe('`groundswell/1`'),
  version: z.string().max(40).optional().describe('version of the driver'),
  cores: count.optional().describe('cores of its machine'),
  pid: count.optional().describe('process id on its machine'),
  capabilities: z
    .array(z.string().max(40))
    .max(50)
    .optional()
    .describe('what it can do beyond the brief: `histogram`, `start_at`, `control`, `pacing`, `assets`'),
})

const testConfigSchema = z.object({
  test_id: id.describe('random id of the run'),
  test_type: z.enum(['AVALANCHE', 'TSUNAMI']).describe('`TSUNAMI` for every open load'),
  test_message_delay: count.describe(
    'seconds between requests of one driver (open loads: the mean gap), 0 for AVALANCHE',
  ),
  message_count_per_driver: count.describe('requests of each driver; 0 where only time bounds the load'),
  protocol: protocolField.describe('`groundswell/1`'),
  delay_ms: count.optional().describe('test_message_delay in milliseconds'),
  target_url: z
    .string()
    .max(4096)
    .optional()
    .describe('URL of the first request; its target alone where the rest is a template'),
  method: z.string().max(40).optional().describe('method of the first request'),
  timeout_ms: count.optional().describe('time limit of a request'),
  connections: count.optional().describe('connections of each driver'),
  drivers: z
    .array(id)
    .max(10_000)
    .optional()
    .describe('who carries the run; position i of n is share i of n'),
  scenario: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('the whole scenario as parsed plain data; it decides where it says more than the fields above'),
  config_hash: z.string().max(100).optional().describe('SHA-256 of the scenario, hex; said again in `ready`'),
  issued_at: instantMs.optional().describe('when it was sent'),
  expires_at: instantMs.optional().describe('a driver ignores it afterwards'),
})

const triggerSchema = z.object({
  test_id: id.describe('id of the run'),
  trigger: z.literal('YES').describe('constant'),
  protocol: protocolField.describe('`groundswell/1`'),
  start_at: instantMs
    .optional()
    .describe("the instant at which every driver starts, by the orchestrator's clock"),
  clock_offsets_ms: z
    .record(id, z.number())
    .optional()
    .describe("by driver, where it is known to differ: its clock minus the orchestrator's"),
  issued_at: instantMs.optional().describe('when it was sent'),
  expires_at: instantMs.optional().describe('a driver ignores it afterwards'),
})

const latencyMs = z.number().nonnegative().nullable()

const namedMeasurements = z
  .array(
    z.object({
      name: z.string().max(1000),
      kind: z.enum(['request', 'journey']),
      measurement: z.record(z.string(), z.unknown()),
    }),
  )
  .max(10_000)

export const metricsSchema = z.object({
  node_id: id.describe('id of the driver'),
  test_id: id.optional().describe('id of the run; ours always say it'),
  report_id: z.string().max(200).describe('random, new for each message'),
  metrics: z
    .object({
      mean_latency: latencyMs
        .optional()
        .describe('milliseconds, since the start of the test; null before the first answer'),
      median_latency: latencyMs.optional().describe('the same'),
      min_latency: latencyMs.optional().describe('the same'),
      max_latency: latencyMs.optional().describe('the same'),
      mode_latency: latencyMs.optional().describe('the same'),
    })
    .describe('response times of all requests of this driver'),
  protocol: protocolField.describe('`groundswell/1`'),
  sent: count.optional().describe('attempts handed to a socket, since the start'),
  completed: count.optional().describe('complete responses, since the start'),
  errors: count.optional().describe('requests without a good answer, since the start'),
  timeouts: count.optional().describe('those of them that were too slow'),
  bytes_in: count.optional().describe('bytes received, since the start'),
  bytes_out: count.optional().describe('bytes sent, since the start'),
  status: z.record(z.string(), count).optional().describe('responses by status code, since the start'),
  error_kinds: z.record(z.string(), count).optional().describe('errors by kind, since the start'),
  interval: z
    .object({
      seq: ordinal.describe('number of this message in the run, from 0, without holes'),
      start_ms: z.number().describe('begin of the interval, milliseconds since start_at'),
      end_ms: z.number().describe('its end'),
    })
    .optional()
    .describe('what `histogram` and `requests` cover'),
  histogram: z
    .object({
      encoding: z.literal('hdr-v2').describe('HdrHistogram V2, deflated, base64'),
      unit: z.literal('us').describe('whole microseconds'),
      data: z.string().describe('3 significant digits, lowest value 1'),
    })
    .optional()
    .describe('response times of all requests within the interval'),
  requests: namedMeasurements
    .optional()
    .describe('each named request and journey within the interval: what adds up'),
  more: z
    .boolean()
    .optional()
    .describe('true: the interval goes on in the next message (it was too large for one)'),
  in_flight: count.optional().describe('operations started and not ended, now'),
  cpu: count.optional().describe('of one core, since the last message'),
  started_at: instantMs.optional().describe('when this driver really started'),
  final: z.boolean().optional().describe('true: the last message of this driver in this run'),
  outcome: z.enum(['completed', 'stopped']).optional().describe('with final: how the share ended'),
  totals: namedMeasurements
    .optional()
    .describe('with final: the whole share once more; must equal the sum of `requests`'),
})

/** What a driver may answer to a configuration, and what it is doing. */
export const driverStates = [
  'idle',
  'configured',
  'ready',
  'rejected',
  'running',
  'stopping',
  'leaving',
] as const

const heartbeatSchema = z.object({
  node_id: id.describe('id of the driver'),
  heartbeat: z.literal('YES').describe('constant'),
  timestamp: z.string().max(100).optional().describe('epoch seconds with three decimals'),
  protocol: protocolField.describe('`groundswell/1`'),
  timestamp_ms: instantMs.optional().describe('the same instant in milliseconds'),
  state: z
    .enum(driverStates)
    .optional()
    .describe('`idle`, `configured`, `ready`, `rejected`, `running`, `stopping`, `leaving`'),
  test_id: id.optional().describe('the run that `state` speaks of'),
  config_hash: z.string().max(100).optional().describe('with `ready`: of the scenario that was accepted'),
  reason: z.string().max(10_000).optional().describe('with `rejected`: why, for people'),
  reason_code: z.string().max(100).optional().describe('with `rejected`: code of the error, see errors.md'),
  reason_hint: z.string().max(10_000).optional().describe('with `rejected`: how to mend it'),
  sent: count.optional().describe('attempts handed to a socket in this run'),
  heard: z
    .object({
      orchestrator_id: id.describe('whose presence it was'),
      issued_at: instantMs.describe("its instant, by that orchestrator's clock"),
      received_at: instantMs.describe("when it came, by this driver's clock"),
    })
    .optional()
    .describe('the latest `presence` since the last heartbeat: from it the orchestrator estimates the clock'),
})

const controlSchema = z.object({
  test_id: id.describe('id of the run'),
  protocol: protocolField.describe('`groundswell/1`'),
  command: z.enum(['stop', 'pause', 'resume', 'rate']).describe('what to do'),
  seq: ordinal.describe('number of this command in the run, from 0; one seen twice counts once'),
  at_elapsed_ms: z.number().nonnegative().describe('when it takes effect, milliseconds since start_at'),
  scale: z
    .number()
    .positive()
    .max(1e6)
    .optional()
    .describe('with `rate`: the load is multiplied by it, relative to the scenario'),
  by: z
    .string()
    .max(100)
    .describe('who asked: `keys`, `signal`, `api`, `slo`, or `close` when the run is over'),
  issued_at: instantMs.optional().describe('when it was sent'),
})

const assetSchema = z.object({
  sha256: z.string().length(64).describe('of the whole file, hex'),
  size_bytes: count.describe('of the whole file'),
  part: ordinal.describe('from 0'),
  parts: z.number().int().min(1).max(100_000).describe('how many there are'),
  data: z.string().describe('this part, base64'),
  protocol: protocolField.describe('`groundswell/1`'),
})

const presenceSchema = z.object({
  orchestrator_id: id.describe('random, new at each start of an orchestrator'),
  protocol: protocolField.describe('`groundswell/1`'),
  version: z.string().max(40).optional().describe('version of the orchestrator'),
  issued_at: instantMs.describe('when it was sent; drivers say it again in their next heartbeat'),
  runs: z
    .array(id)
    .max(1000)
    .optional()
    .describe('the runs that it conducts: a driver whose run nobody names for long stops by itself'),
})

export const messageSchemas = {
  register: registerSchema,
  test_config: testConfigSchema,
  trigger: triggerSchema,
  metrics: metricsSchema,
  heartbeat: heartbeatSchema,
  control: controlSchema,
  asset: assetSchema,
  presence: presenceSchema,
} as const

export type MessageOf = { [T in keyof typeof messageSchemas]: z.infer<(typeof messageSchemas)[T]> }
export type RegisterMessage = MessageOf['register']
export type TestConfigMessage = MessageOf['test_config']
export type TriggerMessage = MessageOf['trigger']
export type MetricsMessage = MessageOf['metrics']
export type HeartbeatMessage = MessageOf['heartbeat']
export type ControlMessage = MessageOf['control']
export type AssetMessage = MessageOf['asset']
export type PresenceMessage = MessageOf['presence']
export type DriverNodeState = (typeof driverStates)[number]

import type { Bus } from '../bus/bus.ts'
import type { ChannelOptions } from '../bus/message-channel.ts'
import type { DriverNodeState } from '../bus/messages.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { Recorders } from '../measuring/recorders.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Workload } from '../workloads/workload.ts'

/** What a driver is given, and what it says of itself. */
export interface DriverOptions {
  bus: Bus
  clock: Clock
  logger: Logger
  drawId: (prefix: string) => string
  version: string
  /** Address for people; a driver does not listen. */
  address: string
  cores: number
  pid: number
  cpuUsageUs: () => number
  createWorkload: (context: WorkloadContext) => Workload
  /** What is loaded where an orchestrator that speaks only the brief names no target. */
  defaultTarget?: string
  /** How nodes are understood, and spoken to, that know only the brief. */
  channel?: ChannelOptions
  /** Reports that wait for the broker have so many bytes at most; above it the oldest are dropped. */
  outboxBytes?: number
  /** A run that no orchestrator speaks for is stopped after so long. */
  silenceLimitMs?: number
  /** When the share is over its reports may take so long to be delivered. */
  deliverMs?: number
  /** Called when the state changes, and when the broker goes or comes back. */
  onState?: (status: DriverStatus) => void
}

export interface DriverStatus {
  state: DriverNodeState
  /** The run that it speaks of: of an idle driver the last one. */
  testId: string | null
  /** Epoch; null while the broker takes messages. */
  brokerAwaySinceMs: number | null
  /** Not yet delivered. */
  waitingReports: number
  /** Never to be delivered. */
  droppedReports: number
}

export interface WorkloadContext {
  scenario: Scenario
  share: { index: number; of: number }
  /** Files by hash. */
  assets: ReadonlyMap<string, Uint8Array>
  recorders: Recorders
  clock: Clock
  onEnd: () => void
}

/** The brief's five topics, and three of ours that nodes written by others do not read. */
export const topics = {
  /** driver -> orchestrator, once, and again after a restart of either. Key: node id. */
  register: 'register',
  /** orchestrator -> drivers. Key: test id. */
  testConfig: 'test_config',
  /** orchestrator -> drivers. Key: test id. */
  trigger: 'trigger',
  /** driver -> orchestrator, each second of a run and at its end. Key: node id. */
  metrics: 'metrics',
  /** driver -> orchestrator, each second from connect to disconnect. Key: node id. */
  heartbeat: 'heartbeat',
  /** orchestrator -> drivers: stop, pause, resume, rate. Key: test id. */
  control: 'control',
  /** orchestrator -> drivers: files of the scenario, in parts. Key: the file's hash. */
  asset: 'asset',
  /** orchestrator -> drivers, each second: it is there, and a question that shows how clocks differ. Key: its id. */
  presence: 'presence',
} as const

export type Topic = (typeof topics)[keyof typeof topics]

import type { Command } from 'commander'

/** What `groundswell help TOPIC` tells, each a page of `docs/`. */
export const helpTopics = {
  scenario: 'every key of a scenario, its templates and SLOs',
  pacing: 'open and closed loads, each kind with a picture',
  measuring: 'how latency is measured, and why percentiles are merged',
  dashboard: 'the page to start, watch and steer runs',
  distributed: 'drivers on many machines',
  kafka: 'how to point Groundswell at a Kafka, and what it does there',
  api: 'the REST API, its stream of events, Prometheus',
  target: 'what `groundswell target` serves, and the faults it can have',
  results: 'reports, and where runs are kept',
  wire: 'the messages between orchestrator and drivers',
  errors: 'error codes and exit codes',
  security: 'allow lists, tokens, secrets, and what to trust',
  troubleshooting: 'what went wrong, by what you see',
} as const

export type HelpTopic = keyof typeof helpTopics

export const isHelpTopic = (name: string): name is HelpTopic => Object.hasOwn(helpTopics, name)

/** The page of a topic. `src/` and `dist/` lie equally deep. */
export const pageOf = (topic: HelpTopic): URL => new URL(`../../docs/${topic}.md`, import.meta.url)

/** What `help` takes: commands, and topics. */
export const helpNames = (program: Command): string[] => [
  ...new Set([...program.commands.map((command) => command.name()), ...Object.keys(helpTopics)]),
]

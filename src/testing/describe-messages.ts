import { messageSchemas } from '../bus/messages.ts'
import type { Topic } from '../bus/topics.ts'
import { fieldsOf, jsonSchemaOf, tableOf, typeOf, withGenerated } from './describe-schema.ts'

/** What the brief prescribes; everything else is an addition of ours. */
const briefFields: Record<Topic, readonly string[]> = {
  register: ['node_id', 'node_IP', 'message_type'],
  test_config: ['test_id', 'test_type', 'test_message_delay', 'message_count_per_driver'],
  trigger: ['test_id', 'trigger'],
  metrics: [
    'node_id',
    'test_id',
    'report_id',
    'metrics',
    'metrics.mean_latency',
    'metrics.median_latency',
    'metrics.min_latency',
    'metrics.max_latency',
  ],
  heartbeat: ['node_id', 'heartbeat', 'timestamp'],
  control: [],
  asset: [],
  presence: [],
}

/** Items of these have a table of their own, "Named measurements". */
const isOfNamedMeasurements = (path: string): boolean => /^(requests|totals)\[\]\./.test(path)

/** The fields of a topic's messages as a Markdown table. */
const describeTopic = (topic: Topic): string => {
  const rows = fieldsOf(jsonSchemaOf(messageSchemas[topic]))
    .filter(({ path }) => !isOfNamedMeasurements(path))
    .map(({ path, schema, isRequired }) => [
      `\`${path}\``,
      isNamedList(path) ? 'list of named measurements' : typeOf(schema).replace(/^object$/, 'map'),
      isRequired ? 'yes' : '',
      briefFields[topic].includes(path) ? 'brief' : 'ours',
      schema.description ?? '',
    ])
  return tableOf(['field', 'type', 'required', 'from', 'meaning'], rows)
}

const isNamedList = (path: string): boolean => path === 'requests' || path === 'totals'

/** `docs/wire.md` with the tables that the schemas say now. */
export const renderWireDocument = (document: string): string =>
  (Object.keys(messageSchemas) as Topic[]).reduce(
    (text, topic) => withGenerated(text, topic, describeTopic(topic)),
    document,
  )

/** Where the requests went and what was answered. Paths are the routes and `other`, so the number of labels is bounded. */
export interface TargetStats {
  /** Counted when the head has arrived, whatever becomes of it. */
  requestsReceived: number
  /** Counted when the last byte was handed to the system. */
  responsesSent: number
  /** By path. */
  received: Record<string, number>
  /** By path and status. */
  sent: Record<string, Record<string, number>>
  /** Connections reset, and answers cut off, by the knobs. */
  dropped: number
  cut: number
  connectionsAccepted: number
  connectionsOpen: number
  /** On the wire, those of `/metric` and `/metrics` included. */
  bytesIn: number
  bytesOut: number
}

/** The Prometheus text exposition format, version 0.0.4. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

export const formatPrometheus = (stats: TargetStats): string => {
  const family = (name: string, type: 'counter' | 'gauge', help: string, samples: [string, number][]) => [
    `# HELP groundswell_target_${name} ${help}`,
    `# TYPE groundswell_target_${name} ${type}`,
    ...samples.map(([labels, value]) => `groundswell_target_${name}${labels} ${value}`),
  ]
  const received = Object.entries(stats.received)
  const sent = Object.entries(stats.sent).flatMap(([path, statuses]) =>
    Object.entries(statuses).map(([status, n]): [string, number] => [
      `{path="${path}",status="${status}"}`,
      n,
    ]),
  )
  const lines = [
    ...family(
      'requests_received_total',
      'counter',
      'Requests whose head has arrived.',
      received.map(([path, n]) => [`{path="${path}"}`, n]),
    ),
    ...family('responses_sent_total', 'counter', 'Responses written to their last byte.', sent),
    ...family('connections_accepted_total', 'counter', 'Connections accepted.', [
      ['', stats.connectionsAccepted],
    ]),
    ...family('connections_open', 'gauge', 'Connections open now.', [['', stats.connectionsOpen]]),
    ...family('connections_dropped_total', 'counter', 'Connections reset instead of an answer.', [
      ['', stats.dropped],
    ]),
    ...family('responses_cut_total', 'counter', 'Responses ended in their middle.', [['', stats.cut]]),
    ...family('received_bytes_total', 'counter', 'Bytes read from connections.', [['', stats.bytesIn]]),
    ...family('sent_bytes_total', 'counter', 'Bytes written to connections.', [['', stats.bytesOut]]),
  ]
  return `${lines.join('\n')}\n`
}

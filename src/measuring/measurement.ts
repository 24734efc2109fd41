import type { Histogram } from './histogram.ts'

/**
 * What was observed of one named request (or journey) on one driver, or of any sum of these. A monoid: `emptyMeasurement`
 * and `plus`; order and grouping change nothing. Immutable.
 *
 * At every instant: started = answered + errors (without `check`) + unsent after start + in flight.
 */
export interface Measurement {
  /** Operations handed to the workload. */
  started: number
  /** Attempts of which bytes were handed to a socket; retries and redirects included. What the target may have received. */
  sent: number
  /** Complete responses, whatever their status. */
  answered: number
  /** Attempts sent a second time because an idle connection turned out to be closed. */
  retried: number
  /** Planned and not sent, by reason; see `outcomes.ts`. */
  unsent: Readonly<Record<string, number>>
  /** By kind; `check` counts answers that failed one check or more, the others requests without an answer. */
  errors: Readonly<Record<string, number>>
  /** Examples of what went wrong, `kind: text` to count; at most 20 texts, the rest under `other`. */
  errorDetails: Readonly<Record<string, number>>
  /** Responses by status code. */
  status: Readonly<Record<string, number>>
  checks: Readonly<Record<string, { passed: number; failed: number }>>
  /** On the wire, heads included; TLS framing not. */
  bytesIn: number
  bytesOut: number
  connectionsOpened: number
  /** Of answered requests, from the intended start to the last byte, microseconds. */
  responseTime: Histogram
  /** Of answered requests, from the real send to the last byte. */
  serviceTime: Histogram
  /** Of sent requests, from the intended start to the real send. */
  sendLateness: Histogram
  /** Of requests without an answer, from the intended start to the error. They never enter the response times. */
  errorTime: Histogram
}

export type MeasurementKind = 'request' | 'journey'

/** What a driver measured, by name. A journey's time is the sum of its steps' response times, without think time. */
export interface NamedMeasurement {
  name: string
  kind: MeasurementKind
  measurement: Measurement
}

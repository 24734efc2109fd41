import {
  type CheckCounts,
  type Counts,
  limitDetails,
  plusChecks,
  plusCounts,
  sumCounts,
  totalOf,
} from './counts.ts'
import { Histogram } from './histogram.ts'

/**
 * What was observed of one named request (or journey) on one driver, or of any sum of these. A monoid: `emptyMeasurement`
 * and `plus`; order and grouping change nothing. Immutable.
 *
 * At every instant: started = answered + errors (without `check`) + (unsent - refused) + in flight.
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
  unsent: Counts
  /** Of the unsent, those that were never handed to the workload and so are not among `started`. */
  refused: number
  /** By kind; `check` counts answers that failed one check or more, the others requests without an answer. */
  errors: Counts
  /** Examples of what went wrong, `kind: text` to count; at most 20 texts, the rest under `other`; see `limitDetails`. */
  errorDetails: Counts
  /** Responses by status code. */
  status: Counts
  checks: CheckCounts
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

export const emptyMeasurement: Measurement = Object.freeze({
  started: 0,
  sent: 0,
  answered: 0,
  retried: 0,
  unsent: {},
  refused: 0,
  errors: {},
  errorDetails: {},
  status: {},
  checks: {},
  bytesIn: 0,
  bytesOut: 0,
  connectionsOpened: 0,
  responseTime: Histogram.empty,
  serviceTime: Histogram.empty,
  sendLateness: Histogram.empty,
  errorTime: Histogram.empty,
})

/** Whether nothing was observed. (Whatever is observed moves one of these.) */
export const isEmpty = (m: Measurement): boolean =>
  m.started === 0 &&
  m.sent === 0 &&
  m.answered === 0 &&
  m.bytesIn === 0 &&
  m.connectionsOpened === 0 &&
  Object.keys(m.unsent).length === 0 &&
  Object.keys(m.errors).length === 0 &&
  Object.keys(m.status).length === 0 &&
  Object.keys(m.checks).length === 0

/** What both saw. */
export const plus = (a: Measurement, b: Measurement): Measurement => ({
  started: a.started + b.started,
  sent: a.sent + b.sent,
  answered: a.answered + b.answered,
  retried: a.retried + b.retried,
  unsent: plusCounts(a.unsent, b.unsent),
  refused: a.refused + b.refused,
  errors: plusCounts(a.errors, b.errors),
  errorDetails: limitDetails(plusCounts(a.errorDetails, b.errorDetails)),
  status: plusCounts(a.status, b.status),
  checks: plusChecks(a.checks, b.checks),
  bytesIn: a.bytesIn + b.bytesIn,
  bytesOut: a.bytesOut + b.bytesOut,
  connectionsOpened: a.connectionsOpened + b.connectionsOpened,
  responseTime: a.responseTime.plus(b.responseTime),
  serviceTime: a.serviceTime.plus(b.serviceTime),
  sendLateness: a.sendLateness.plus(b.sendLateness),
  errorTime: a.errorTime.plus(b.errorTime),
})

/** What all saw together: of many at far less cost than one after the other. */
export const sumOf = (measurements: Iterable<Measurement>): Measurement => {
  const all = [...measurements]
  if (all.length <= 2) return all.reduce(plus, emptyMeasurement)
  let started = 0
  let sent = 0
  let answered = 0
  let retried = 0
  let refused = 0
  let bytesIn = 0
  let bytesOut = 0
  let connectionsOpened = 0
  for (const m of all) {
    started += m.started
    sent += m.sent
    answered += m.answered
    retried += m.retried
    refused += m.refused
    bytesIn += m.bytesIn
    bytesOut += m.bytesOut
    connectionsOpened += m.connectionsOpened
  }
  return {
    started,
    sent,
    answered,
    retried,
    unsent: sumCounts(all.map((m) => m.unsent)),
    refused,
    errors: sumCounts(all.map((m) => m.errors)),
    errorDetails: limitDetails(sumCounts(all.map((m) => m.errorDetails))),
    status: sumCounts(all.map((m) => m.status)),
    checks: all.map((m) => m.checks).reduce(plusChecks),
    bytesIn,
    bytesOut,
    connectionsOpened,
    responseTime: Histogram.sumOf(all.map((m) => m.responseTime)),
    serviceTime: Histogram.sumOf(all.map((m) => m.serviceTime)),
    sendLateness: Histogram.sumOf(all.map((m) => m.sendLateness)),
    errorTime: Histogram.sumOf(all.map((m) => m.errorTime)),
  }
}

/** Errors of every kind, failed checks among them. */
export const errorsOf = (m: Measurement): number => totalOf(m.errors)

/** Requests that ended without an answer: errors but failed checks. */
export const unansweredOf = (m: Measurement): number => errorsOf(m) - (m.errors.check ?? 0)

export const unsentOf = (m: Measurement): number => totalOf(m.unsent)

/** Started operations that have ended, in whatever way. */
export const endedOf = (m: Measurement): number => m.answered + unansweredOf(m) + unsentOf(m) - m.refused

/** Only of totals: the operations in flight at an interval's end may have started before it. */
export const inFlightOf = (m: Measurement): number => m.started - endedOf(m)

/** Errors, failed checks among them, of requests with an outcome: 0 to 1, `null` before the first outcome. */
export const errorShareOf = (m: Measurement): number | null => {
  const outcomes = m.answered + unansweredOf(m)
  return outcomes === 0 ? null : errorsOf(m) / outcomes
}

import { type CheckCounts, type Counts, limitDetails, maxChecks, maxDetailLength } from './counts.ts'
import { type ExactFigures, Histogram } from './histogram.ts'
import type { Measurement } from './measurement.ts'
import { errorKinds, unsentReasons } from './outcomes.ts'

/**
 * A measurement as JSON: as it is, but for the histograms, of which each is
 *
 *   { hdr, count, sumUs, minUs, maxUs }   hdr: base64 of HdrHistogram V2 (`hdr-encoding.ts`), '' where it is empty
 *
 * because the HDR form alone keeps neither the sum nor the extremes.
 */
export type WireMeasurement = Omit<Measurement, TimeName> & Record<TimeName, WireHistogram>

export interface WireHistogram extends ExactFigures {
  hdr: string
}

const timeNames = ['responseTime', 'serviceTime', 'sendLateness', 'errorTime'] as const
type TimeName = (typeof timeNames)[number]

/** The checks and what else is counted together under `other`. */
const maxEntries = maxChecks + 1

export const encodeMeasurement = (m: Measurement): WireMeasurement => ({
  ...m,
  responseTime: encodeHistogram(m.responseTime),
  serviceTime: encodeHistogram(m.serviceTime),
  sendLateness: encodeHistogram(m.sendLateness),
  errorTime: encodeHistogram(m.errorTime),
})

const encodeHistogram = (histogram: Histogram): WireHistogram => ({
  hdr: histogram.isEmpty ? '' : histogram.encode(),
  ...histogram.exact,
})

/**
 * The measurement in a parsed JSON value, or undefined where it is none: a counter that is no whole number from 0 to
 * 2^53, a word that nobody counts under, a histogram that contradicts its own figures. Fields unknown here are ignored.
 */
export const decodeMeasurement = (value: unknown): Measurement | undefined => {
  try {
    return readMeasurement(fieldsOf(value))
  } catch (thrown) {
    if (thrown instanceof NotMeasured) return undefined
    throw thrown
  }
}

class NotMeasured extends Error {}

type Fields = Record<string, unknown>

const readMeasurement = (fields: Fields): Measurement => ({
  started: readCount(fields.started),
  sent: readCount(fields.sent),
  answered: readCount(fields.answered),
  retried: readCount(fields.retried),
  unsent: readCounts(fields.unsent, (word) => isOneOf(unsentReasons, word)),
  refused: readCount(fields.refused),
  errors: readCounts(fields.errors, (word) => isOneOf(errorKinds, word)),
  errorDetails: limitDetails(readCounts(fields.errorDetails, (text) => text.length <= maxDetailLength)),
  status: readCounts(fields.status, (code) => /^[1-9]\d\d$/.test(code)),
  checks: readChecks(fields.checks),
  bytesIn: readCount(fields.bytesIn),
  bytesOut: readCount(fields.bytesOut),
  connectionsOpened: readCount(fields.connectionsOpened),
  responseTime: readHistogram(fields.responseTime),
  serviceTime: readHistogram(fields.serviceTime),
  sendLateness: readHistogram(fields.sendLateness),
  errorTime: readHistogram(fields.errorTime),
})

const fieldsOf = (value: unknown): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotMeasured()
  return value as Fields
}

const readCount = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new NotMeasured()
  return value
}

const entriesOf = (value: unknown, isWord: (word: string) => boolean): [string, unknown][] => {
  const entries = Object.entries(fieldsOf(value))
  if (entries.length > maxEntries || !entries.every(([word]) => isWord(word))) throw new NotMeasured()
  return entries
}

const readCounts = (value: unknown, isWord: (word: string) => boolean): Counts =>
  Object.fromEntries(entriesOf(value, isWord).map(([word, count]) => [word, readCount(count)]))

const readChecks = (value: unknown): CheckCounts =>
  Object.fromEntries(
    entriesOf(value, (name) => name.length <= maxDetailLength).map(([name, counts]) => {
      const { passed, failed } = fieldsOf(counts)
      return [name, { passed: readCount(passed), failed: readCount(failed) }]
    }),
  )

const readHistogram = (value: unknown): Histogram => {
  const { hdr, ...figures } = fieldsOf(value)
  // Sums may exceed 2^53; decoding holds them against the counts.
  if (typeof figures.sumUs !== 'number') throw new NotMeasured()
  const exact: ExactFigures = {
    count: readCount(figures.count),
    sumUs: figures.sumUs,
    minUs: readCount(figures.minUs),
    maxUs: readCount(figures.maxUs),
  }
  if (hdr === '' && Object.values(exact).every((figure) => figure === 0)) return Histogram.empty
  const histogram = typeof hdr === 'string' ? Histogram.decode(hdr, exact) : undefined
  if (histogram === undefined) throw new NotMeasured()
  return histogram
}

const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word)

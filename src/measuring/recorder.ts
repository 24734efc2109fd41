import { type Counts, limitDetails, maxChecks, maxDetailLength, otherDetail } from './counts.ts'
import { HistogramRecorder } from './histogram-recorder.ts'
import type { Measurement, MeasurementKind } from './measurement.ts'
import { errorKinds, type RequestErrorKind, type UnsentReason, unsentReasons } from './outcomes.ts'

/** So many texts are told apart within one interval; it bounds memory, the measurement keeps fewer. */
const maxDetailsRecorded = 200

/**
 * Counts what happens to one named request or journey on this driver. Who carries operations out calls one method for
 * each event; times are microseconds and may have fractions. Nothing here looks up a name or allocates on the way of a
 * request that is answered.
 *
 *   start  ->  sent  ->  [ hop -> hopSent ]*  ->  answered  [ check* checkFailed? ]   or   failed
 *   start  ->  failed | unsent           (no connection; nothing to send)
 *   refused                              (never started)
 */
export class Recorder {
  readonly name: string
  readonly kind: MeasurementKind
  #started = 0
  #sent = 0
  #answered = 0
  #retried = 0
  #refused = 0
  #bytesIn = 0
  #bytesOut = 0
  #connectionsOpened = 0
  readonly #unsent = new Float64Array(unsentReasons.length)
  readonly #errors = new Float64Array(errorKinds.length)
  readonly #status = new Float64Array(1000)
  readonly #errorDetails = new Map<string, number>()
  readonly #checks = new Map<string, { passed: number; failed: number }>()
  readonly #responseTime = new HistogramRecorder()
  readonly #serviceTime = new HistogramRecorder()
  readonly #sendLateness = new HistogramRecorder()
  readonly #errorTime = new HistogramRecorder()

  constructor(name: string, kind: MeasurementKind) {
    this.name = name
    this.kind = kind
  }

  /** An operation was handed to the workload. */
  start(): void {
    this.#started++
  }

  /**
   * Bytes went to a socket, `latenessUs` after the intended start. A retry counts as sent again; its lateness is
   * not recorded, for it is not the driver's.
   */
  sent(latenessUs: number, bytesOut: number, retry: boolean): void {
    this.#sent++
    this.#bytesOut += bytesOut
    if (retry) this.#retried++
    else this.#sendLateness.record(latenessUs)
  }

  /** A redirect was answered and is followed: its status and bytes count, but it is no answer. */
  hop(status: number, bytesIn: number): void {
    this.#bytesIn += bytesIn
    this.#countStatus(status)
  }

  /** The request that follows a redirect was sent. It has no intended start, hence no lateness. */
  hopSent(bytesOut: number, retry: boolean): void {
    this.#sent++
    this.#bytesOut += bytesOut
    if (retry) this.#retried++
  }

  /** The response is complete. `status` 0 counts under no code (a journey has none). */
  answered(status: number, responseUs: number, serviceUs: number, bytesIn: number): void {
    this.#answered++
    this.#bytesIn += bytesIn
    this.#countStatus(status)
    this.#responseTime.record(responseUs)
    this.#serviceTime.record(serviceUs)
  }

  /** No answer came. `timeUs` from the intended start; `detail` a short text that is the same for the same cause. */
  failed(kind: RequestErrorKind, timeUs: number, detail: string, bytesIn: number): void {
    this.#countError(kind)
    this.#bytesIn += bytesIn
    this.#errorTime.record(timeUs)
    this.#countDetail(`${kind}: ${detail}`)
  }

  /** A started operation could not be sent. */
  unsent(reason: UnsentReason): void {
    this.#countUnsent(reason)
  }

  /** An operation was due and not started. */
  refused(reason: UnsentReason): void {
    this.#countUnsent(reason)
    this.#refused++
  }

  /** One check of one answer. */
  check(name: string, passed: boolean): void {
    const counts = this.#checks.get(name) ?? this.#newCheck(name)
    if (passed) counts.passed++
    else counts.failed++
  }

  /** The answer failed one check or more: once for each such answer, with the first failed check's name or words. */
  checkFailed(detail = ''): void {
    this.#countError('check')
    if (detail !== '') this.#countDetail(`check: ${detail}`)
  }

  connectionOpened(): void {
    this.#connectionsOpened++
  }

  /** What happened since the last time; begins anew. */
  take(): Measurement {
    const taken: Measurement = {
      started: this.#started,
      sent: this.#sent,
      answered: this.#answered,
      retried: this.#retried,
      unsent: takeCounts(this.#unsent, (i) => unsentReasons[i]),
      refused: this.#refused,
      errors: takeCounts(this.#errors, (i) => errorKinds[i]),
      errorDetails: limitDetails(Object.fromEntries(this.#errorDetails)),
      status: takeCounts(this.#status, (code) => (code < 100 ? undefined : String(code))),
      checks: Object.fromEntries(this.#checks),
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      connectionsOpened: this.#connectionsOpened,
      responseTime: this.#responseTime.take(),
      serviceTime: this.#serviceTime.take(),
      sendLateness: this.#sendLateness.take(),
      errorTime: this.#errorTime.take(),
    }
    this.#started = 0
    this.#sent = 0
    this.#answered = 0
    this.#retried = 0
    this.#refused = 0
    this.#bytesIn = 0
    this.#bytesOut = 0
    this.#connectionsOpened = 0
    this.#errorDetails.clear()
    this.#checks.clear()
    return taken
  }

  #countStatus(status: number): void {
    this.#status[status] = (this.#status[status] ?? 0) + 1
  }

  #countError(kind: RequestErrorKind): void {
    const i = errorKinds.indexOf(kind)
    this.#errors[i] = (this.#errors[i] ?? 0) + 1
  }

  #countUnsent(reason: UnsentReason): void {
    const i = unsentReasons.indexOf(reason)
    this.#unsent[i] = (this.#unsent[i] ?? 0) + 1
  }

  /** Names that are too long or too many for a measurement are cut and put together: better so than not sent. */
  #newCheck(name: string): { passed: number; failed: number } {
    const key = this.#checks.size < maxChecks ? clip(name) : otherDetail
    const counts = this.#checks.get(key) ?? { passed: 0, failed: 0 }
    this.#checks.set(key, counts)
    return counts
  }

  #countDetail(text: string): void {
    const key = clip(text)
    const known = this.#errorDetails.get(key)
    if (known !== undefined || this.#errorDetails.size < maxDetailsRecorded)
      this.#errorDetails.set(key, (known ?? 0) + 1)
    else this.#errorDetails.set(otherDetail, (this.#errorDetails.get(otherDetail) ?? 0) + 1)
  }
}

const clip = (text: string): string =>
  text.length <= maxDetailLength ? text : `${text.slice(0, maxDetailLength - 1)}…`

/** The counts that are not 0, under their words; sets all to 0. What has no word is dropped. */
const takeCounts = (counts: Float64Array, wordOf: (index: number) => string | undefined): Counts => {
  const taken: [string, number][] = []
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0
    const word = count === 0 ? undefined : wordOf(i)
    if (word !== undefined) taken.push([word, count])
  }
  counts.fill(0)
  return Object.fromEntries(taken)
}

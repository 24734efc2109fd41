import { createHash } from 'node:crypto'
import type { AssetMessage } from '../bus/messages.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'

/** Above this the oldest files are forgotten: a stream of assets must not fill a driver's memory. */
const defaultMaxBytes = 512 * 1024 * 1024

/** How long the files of a scenario may take to arrive after it. */
const deadlineMs = 60_000

/** Of one file. What claims to be larger is not put together, and nothing of it is kept. */
const maxFileBytes = 64 * 1024 * 1024

/** What an entry and a part cost beside their bytes, so that a stream of tiny ones is bounded too. */
const entryBytes = 500
const partBytes = 200

/** A file of which parts are missing. `costBytes`: of the parts that came, and their keeping. */
interface Partial {
  parts: number
  received: Map<number, Uint8Array>
  costBytes: number
}

/**
 * Puts the files of scenarios together from their parts, in whatever order these come, and hands out those whose
 * content has the hash it claims.
 */
export class AssetCollector {
  readonly #maxBytes: number
  readonly #partial = new Map<string, Partial>()
  readonly #complete = new Map<string, Uint8Array>()
  readonly #waiting = new Set<() => void>()
  #totalBytes = 0

  constructor(maxBytes = defaultMaxBytes) {
    this.#maxBytes = maxBytes
  }

  /** Memory in use, about. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  add(message: AssetMessage): void {
    const { sha256, part, parts } = message
    if (this.#complete.has(sha256) || !Number.isInteger(part) || part >= parts) return
    let partial = this.#partial.get(sha256)
    if (partial === undefined || partial.parts !== parts) {
      this.#forget(sha256)
      partial = { parts, received: new Map(), costBytes: entryBytes }
      this.#partial.set(sha256, partial)
      this.#totalBytes += entryBytes
    }
    if (partial.received.has(part)) return
    const data = Buffer.from(message.data, 'base64')
    partial.received.set(part, data)
    partial.costBytes += data.length + partBytes
    this.#totalBytes += data.length + partBytes
    if (partial.costBytes > maxFileBytes + entryBytes + partBytes * partial.received.size)
      this.#forget(sha256)
    else if (partial.received.size === parts) this.#finish(sha256, partial)
    this.#forgetOldest(sha256)
  }

  /**
   * The files with these hashes, as soon as all are there. Rejects with the signal's reason when that comes first: the
   * caller bounds the wait.
   */
  async collect(hashes: readonly string[], signal: AbortSignal): Promise<Map<string, Uint8Array>> {
    while (!hashes.every((hash) => this.#complete.has(hash))) {
      await this.#anotherOr(signal)
      signal.throwIfAborted()
    }
    const files = new Map<string, Uint8Array>()
    for (const hash of hashes) {
      const file = this.#complete.get(hash)
      if (file !== undefined) files.set(hash, file)
    }
    return files
  }

  /** As `collect`, for a minute at most: then it rejects with DRIVER_REJECTED. */
  async collectWithin(
    clock: Clock,
    hashes: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<string, Uint8Array>> {
    const late = new AbortController()
    const timer = clock.after(deadlineMs, () => {
      const seconds = deadlineMs / 1000
      late.abort(new AppError('DRIVER_REJECTED', `The scenario's files did not arrive within ${seconds} s.`))
    })
    try {
      return await this.collect(hashes, AbortSignal.any([signal, late.signal]))
    } finally {
      timer.cancel()
    }
  }

  /** Resolves when a file is complete or the signal comes. */
  #anotherOr(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
      if (signal.aborted) wake()
    })
  }

  #finish(sha256: string, { parts, received }: Partial): void {
    this.#forget(sha256)
    const content = Buffer.concat(
      Array.from({ length: parts }, (_, i) => received.get(i) ?? new Uint8Array(0)),
    )
    if (createHash('sha256').update(content).digest('hex') !== sha256) return
    this.#complete.set(sha256, content)
    this.#totalBytes += content.length + entryBytes
    for (const wake of [...this.#waiting]) wake()
  }

  #forget(sha256: string): void {
    this.#totalBytes -= this.#partial.get(sha256)?.costBytes ?? 0
    this.#partial.delete(sha256)
    const complete = this.#complete.get(sha256)
    if (complete === undefined) return
    this.#totalBytes -= complete.length + entryBytes
    this.#complete.delete(sha256)
  }

  #forgetOldest(kept: string): void {
    for (const files of [this.#partial, this.#complete])
      for (const hash of files.keys()) {
        if (this.#totalBytes <= this.#maxBytes) return
        if (hash !== kept) this.#forget(hash)
      }
  }
}

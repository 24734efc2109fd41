import { createHash } from 'node:crypto'
import type { AssetMessage } from '../bus/messages.ts'

/** Above this the oldest files are forgotten: a stream of assets must not fill a driver's memory. */
const maxTotalBytes = 512 * 1024 * 1024

/**
 * Puts the files of scenarios together from their parts, in whatever order these come, and hands out those whose
 * content has the hash it claims.
 */
export class AssetCollector {
  readonly #partial = new Map<
    string,
    { parts: (Uint8Array | undefined)[]; missing: number; sizeBytes: number }
  >()
  readonly #complete = new Map<string, Uint8Array>()
  readonly #waiting = new Set<() => void>()
  #totalBytes = 0

  add(message: AssetMessage): void {
    const { sha256, part, parts } = message
    if (this.#complete.has(sha256) || part >= parts) return
    let partial = this.#partial.get(sha256)
    if (partial === undefined || partial.parts.length !== parts) {
      this.#totalBytes -= partial?.sizeBytes ?? 0
      partial = { parts: new Array<Uint8Array | undefined>(parts), missing: parts, sizeBytes: 0 }
      this.#partial.set(sha256, partial)
    }
    if (partial.parts[part] !== undefined) return
    const data = Buffer.from(message.data, 'base64')
    partial.parts[part] = data
    partial.missing--
    partial.sizeBytes += data.length
    this.#totalBytes += data.length
    if (partial.missing === 0) this.#finish(sha256, partial)
    this.#forgetOldest(sha256)
  }

  /** The files with these hashes, as soon as all are there. The caller bounds the wait. */
  async collect(hashes: readonly string[]): Promise<Map<string, Uint8Array>> {
    while (!hashes.every((hash) => this.#complete.has(hash)))
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
      })
    const files = new Map<string, Uint8Array>()
    for (const hash of hashes) {
      const file = this.#complete.get(hash)
      if (file !== undefined) files.set(hash, file)
    }
    return files
  }

  #finish(sha256: string, partial: { parts: (Uint8Array | undefined)[]; sizeBytes: number }): void {
    this.#partial.delete(sha256)
    const content = Buffer.concat(partial.parts.filter((part) => part !== undefined))
    if (createHash('sha256').update(content).digest('hex') !== sha256) {
      this.#totalBytes -= partial.sizeBytes
      return
    }
    this.#complete.set(sha256, content)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #forgetOldest(kept: string): void {
    for (const files of [this.#partial, this.#complete])
      for (const [hash, file] of files) {
        if (this.#totalBytes <= maxTotalBytes) return
        if (hash === kept) continue
        files.delete(hash)
        this.#totalBytes -= file instanceof Uint8Array ? file.length : file.sizeBytes
      }
  }
}

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatSize } from '../lib/bytes.ts'
import { messageOf } from '../lib/errors.ts'
import type { AssetReference } from './scenario.ts'

/** Reads a whole file of at most `maxBytes`. Throws an Error whose message completes "FILE: ...". */
export type ReadFile = (path: string, maxBytes: number) => Promise<Uint8Array>

/** Feeders and bodies, each and together: they travel to every driver and stay in its memory. */
const maxAssetBytes = 64 * 2 ** 20
const maxTotalBytes = 256 * 2 ** 20

export interface Asset {
  reference: AssetReference
  bytes: Uint8Array
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a directory',
  EACCES: 'this file may not be read',
  ENOTDIR: 'there is no such file',
}

/** From the file system. The size is looked at before anything is read. */
export const readFileWithin: ReadFile = async (path, maxBytes) => {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    if (size > maxBytes)
      throw new Error(`${formatSize(size)}, where at most ${formatSize(maxBytes)} are read`)
    // A pipe or a device has no size, and may never end.
    const buffer = Buffer.alloc(size === 0 ? maxBytes + 1 : size)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) break
    }
    if (length > maxBytes) throw new Error(`more than the ${formatSize(maxBytes)} that are read at most`)
    return buffer.subarray(0, length)
  } catch (thrown) {
    const reason = reasons[(thrown as NodeJS.ErrnoException).code ?? '']
    throw reason === undefined ? thrown : new Error(reason, { cause: thrown })
  }
}

/** The files of a scenario, by content. */
export class AssetStore {
  /** By the hexadecimal SHA-256 of the bytes. */
  readonly contents = new Map<string, Uint8Array>()
  /** By the path that the scenario gives. */
  readonly files = new Map<string, Uint8Array>()
  readonly #directory: string
  readonly #readFile: ReadFile
  readonly #loading = new Map<string, Promise<Asset | string>>()
  #sizeLeft = maxTotalBytes

  constructor(directory: string, readFile: ReadFile) {
    this.#directory = directory
    this.#readFile = readFile
  }

  absolute(file: string): string {
    return resolve(this.#directory, file)
  }

  /** A path beside the scenario, read once. Returns why it cannot be read as a text. */
  load(file: string): Promise<Asset | string> {
    const known = this.#loading.get(file)
    if (known !== undefined) return known
    const loading = this.#read(file)
    this.#loading.set(file, loading)
    return loading
  }

  async #read(file: string): Promise<Asset | string> {
    try {
      const bytes = await this.#readFile(this.absolute(file), Math.min(maxAssetBytes, this.#sizeLeft))
      this.#sizeLeft -= bytes.length
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      this.contents.set(sha256, bytes)
      this.files.set(file, bytes)
      return { reference: { file, sha256, sizeBytes: bytes.length }, bytes }
    } catch (thrown) {
      return messageOf(thrown)
    }
  }
}

import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Secrets that can be recognised in whatever form they come out again: each holds 32 hex digits that percent-encoding and
 * JSON leave as they are, between characters that they do not; and base64 is looked for at each of its three alignments.
 */
export class PlantedSecrets {
  readonly #cores = new Map<string, string>()

  /** A new secret of this name. `isPlain`: without the odd characters, for where they may not stand. */
  plant(name: string, { isPlain = false } = {}): string {
    const core = randomBytes(16).toString('hex')
    this.#cores.set(name, core)
    return isPlain ? core : `p4&"${core}/+ x`
  }

  /** Something secret that is there already. */
  know(name: string, secret: string): void {
    this.#cores.set(name, secret)
  }

  /** Names of the secrets that these bytes hold, and in which form. */
  foundIn(content: string | Uint8Array): string[] {
    const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1')
    return [...this.#cores].flatMap(([name, core]) =>
      formsOf(core)
        .filter(([, form]) => text.includes(form))
        .map(([kind]) => `${name} (${kind})`),
    )
  }
}

const formsOf = (core: string): [kind: string, form: string][] => [
  ['plain', core],
  ['in capitals', core.toUpperCase()],
  ['hex', Buffer.from(core).toString('hex')],
  ...[0, 1, 2].map((before): [string, string] => ['base64', base64Within(core, before)]),
]

/** What is the same of the base64 of any text that holds the core behind `before` bytes (modulo 3). */
const base64Within = (core: string, before: number): string => {
  const whole = Buffer.from(' '.repeat(before) + core)
  const text = whole.subarray(0, whole.length - (whole.length % 3)).toString('base64')
  return text.slice(before === 0 ? 0 : 4)
}

/** Every file below the directory, with its bytes. */
export async function* filesIn(directory: string): AsyncGenerator<[path: string, bytes: Buffer]> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* filesIn(path)
    else if (entry.isFile()) {
      // Journals of databases come and go.
      const bytes = await readFile(path).catch(() => undefined)
      if (bytes !== undefined) yield [path, bytes]
    }
  }
}

/** The arguments of every process of this machine that can be seen, by pid. */
export const commandLines = async (): Promise<[pid: string, args: string][]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return Promise.all(
    pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')]),
  )
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { waitFor } from '../wait-for.ts'

/**
 * Starts the nodes that know only the brief: test doubles that share no code with ours, in processes of their own, in
 * JavaScript always and in Go where that can be had.
 *
 *   await using driver = startBriefNode(briefCommands.driver, { kafka, prefix, target: url, requests: 100 })
 *   await driver.saw('answered')
 */
export interface BriefEvent {
  event: string
  message?: Record<string, unknown>
  [fact: string]: unknown
}

export interface BriefNode extends AsyncDisposable {
  readonly child: ChildProcess
  /** What it told so far. */
  readonly events: readonly BriefEvent[]
  /** The first event of this name for which `check` holds; fails with all events where none comes. */
  saw(event: string, check?: (event: BriefEvent) => boolean, limitMs?: number): Promise<BriefEvent>
  /** Resolves with its exit code when it is gone; null: it was killed. */
  readonly ended: Promise<number | null>
  stop(): Promise<void>
}

export type BriefOptions = Readonly<Record<string, string | number | boolean>>

/** A program and the arguments before the node's own. */
export type BriefCommand = readonly string[]

const ownFile = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export const briefCommands: { driver: BriefCommand; orchestrator: BriefCommand } = {
  driver: [process.execPath, ownFile('brief-driver.mjs')],
  orchestrator: [process.execPath, ownFile('brief-orchestrator.mjs')],
}

/** `--name value` of each option; `true` is the name alone. It ends with this process at the latest. */
export const startBriefNode = ([program = '', ...before]: BriefCommand, options: BriefOptions): BriefNode => {
  const args = Object.entries({ 'until-stdin-ends': true, ...options }).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : value === false ? [] : [`--${name}`, String(value)],
  )
  const child = spawn(program, [...before, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const events: BriefEvent[] = []
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-5000)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  ended.catch(() => {})
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const saw: BriefNode['saw'] = async (name, check = () => true, limitMs = 60_000) => {
    const find = (): BriefEvent | undefined => events.find((event) => event.event === name && check(event))
    try {
      return await waitFor(
        `"${name}"`,
        () => {
          const found = find()
          if (found === undefined && child.exitCode !== null)
            throw new Error(`it ended with ${child.exitCode}`)
          return found
        },
        limitMs,
      )
    } catch (error) {
      throw new Error(`a brief node never said "${name}": ${JSON.stringify(events.slice(-50))}\n${stderr}`, {
        cause: error,
      })
    }
  }
  return { child, events, saw, ended, stop, [Symbol.asyncDispose]: stop }
}

const run = promisify(execFile)

/**
 * The doubles in Go, built outside of the checkout, or why they are not to be had: no `go`, too old a one, or no module
 * proxy that answers. A fault in their source is thrown.
 */
export const buildGoNodes = async (): Promise<typeof briefCommands | { missing: string }> => {
  const go = findGo()
  if (go === undefined) return { missing: 'there is no "go"' }
  const source = ownFile('go')
  const options = { cwd: source, env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' } }
  const directory = join(cacheDirectory(), await hashOf(source))
  const commands = { driver: [join(directory, 'driver')], orchestrator: [join(directory, 'orchestrator')] }
  if (existsSync(directory)) return commands
  try {
    await run(go, ['mod', 'download'], { ...options, timeout: 120_000 })
  } catch (error) {
    const [line = ''] = String((error as { stderr?: string }).stderr || error).split('\n')
    return { missing: `its modules cannot be had: ${line}` }
  }
  await mkdir(cacheDirectory(), { recursive: true })
  const draft = await mkdtemp(join(cacheDirectory(), 'draft-'))
  await run(
    go,
    ['build', '-mod=readonly', '-buildvcs=false', '-o', `${draft}/`, './driver', './orchestrator'],
    options,
  )
  try {
    await rename(draft, directory)
  } catch (error) {
    // Another test process was first.
    await rm(draft, { recursive: true })
    if (!existsSync(directory)) throw error
  }
  return commands
}

const findGo = (): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin']
    .map((path) => join(path, 'go'))
    .find(existsSync)

const cacheDirectory = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'groundswell', 'brief-nodes')

/** Of all files of the source: another source is another build. */
const hashOf = async (directory: string): Promise<string> => {
  const hash = createHash('sha256')
  const names = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.sort()) hash.update(file).update(await readFile(file))
  return hash.digest('hex').slice(0, 20)
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { programCommand } from '../side-by-side/program.ts'

/** A role of the program (`orchestrator`, `driver`) in a process of its own, as a user would start it. */
export class RoleProcess implements AsyncDisposable {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #text: () => string

  private constructor(child: ChildProcess, text: () => string) {
    this.#child = child
    this.#text = text
    this.pid = child.pid ?? 0
  }

  /** Resolves when it says that it is up; rejects with all that it said where it ends before. */
  static async start(args: readonly string[], nodeArgs: readonly string[] = []): Promise<RoleProcess> {
    const command = programCommand([...args, '--log-format', 'json'])
    const child = spawn(command.file, [...nodeArgs, ...command.args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...command.env },
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    })
    let text = ''
    const ended = once(child, 'exit').then(() => {
      throw new Error(`groundswell ${args.join(' ')} ended:\n${text}`)
    })
    const up = new Promise<void>((resolve) => {
      child.stderr?.setEncoding('utf8').on('data', (more: string) => {
        text += more
        if (/"msg":"up\b/.test(text)) resolve()
      })
    })
    await Promise.race([up, ended])
    // Its end is no news any more.
    ended.catch(() => {})
    return new RoleProcess(child, () => text)
  }

  /** All that it said so far. */
  get text(): string {
    return this.#text()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

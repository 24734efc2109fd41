import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RoleProcess } from './role-process.ts'

/**
 * The real `groundswell orchestrator` with a fresh SQLite store, as a user would start it, with Node's inspector listening:
 * attached only where memory is read or a profile is wanted, it costs nothing meanwhile.
 */
export class OrchestratorProcess implements AsyncDisposable {
  readonly url: string
  readonly pid: number
  readonly #process: RoleProcess
  readonly #directory: string
  readonly #inspectorUrl: string

  private constructor(process: RoleProcess, directory: string) {
    this.#process = process
    this.#directory = directory
    this.pid = process.pid
    this.url = /"url":"([^"]+)"/.exec(process.text)?.[1] ?? ''
    this.#inspectorUrl = /Debugger listening on (ws:\S+)/.exec(process.text)?.[1] ?? ''
  }

  static async start(brokers: readonly string[], topicPrefix: string): Promise<OrchestratorProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'groundswell-bench-'))
    const process = await RoleProcess.start(
      [
        ...['orchestrator', '--kafka', brokers.join(','), '--topic-prefix', topicPrefix],
        ...['--listen', '127.0.0.1:0', '--store', join(directory, 'results.sqlite')],
      ],
      ['--inspect=127.0.0.1:0'],
    )
    return new OrchestratorProcess(process, directory)
  }

  /** Throws where the answer is not what was asked for. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return JSON.parse(text) as T
  }

  /** Bytes on the heap and outside it that are still used after a collection of garbage. */
  async usedBytes(): Promise<number> {
    return await this.#inspect(async (ask) => {
      // What weak maps and buffers hold goes only with the next ones.
      for (let i = 0; i < 3; i++) await ask('HeapProfiler.collectGarbage')
      const { result } = await ask('Runtime.evaluate', {
        expression: '(({ heapUsed, arrayBuffers }) => heapUsed + arrayBuffers)(process.memoryUsage())',
      })
      return (result as { value: number }).value
    })
  }

  /** Where CPU time goes in the next `forMs`, written as a `.cpuprofile`. */
  async profile(file: string, forMs: number): Promise<void> {
    await this.#inspect(async (ask) => {
      await ask('Profiler.enable')
      await ask('Profiler.setSamplingInterval', { interval: 200 })
      await ask('Profiler.start')
      await new Promise((resolve) => setTimeout(resolve, forMs))
      const { profile } = await ask('Profiler.stop')
      writeFileSync(file, JSON.stringify(profile))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Over the Chrome DevTools protocol. */
  async #inspect<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const socket = new WebSocket(this.#inspectorUrl)
    await once(socket, 'open')
    let last = 0
    const waiting = new Map<number, (result: Record<string, unknown>) => void>()
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: Record<string, unknown> }
      if (id !== undefined) waiting.get(id)?.(result ?? {})
    })
    try {
      return await work((method, params = {}) => {
        const id = ++last
        socket.send(JSON.stringify({ id, method, params }))
        return new Promise((resolve) => {
          waiting.set(id, resolve)
        })
      })
    } finally {
      socket.close()
    }
  }
}

type Ask = (method: string, params?: Record<string, unknown>) => Promise<Record<string, unknown>>

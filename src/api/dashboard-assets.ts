import { Worker } from 'node:worker_threads'
import type { Asset } from './dashboard-assets-build.ts'

const entry = new URL(`./dashboard-assets-thread${import.meta.url.slice(-3)}`, import.meta.url)

/**
 * The files of the page: made in a thread when the first of them is asked for, then kept. Nothing is read from disk because
 * of what a request says.
 */
export class DashboardAssets {
  readonly #version: string
  #made: Promise<ReadonlyMap<string, Asset>> | undefined
  #worker: Worker | undefined

  constructor(version: string) {
    this.#version = version
  }

  /** By path; rejects where the page cannot be built, and tries again the next time. */
  all(): Promise<ReadonlyMap<string, Asset>> {
    this.#made ??= this.#make().catch((error: unknown) => {
      this.#made = undefined
      throw error
    })
    return this.#made
  }

  close(): void {
    void this.#worker?.terminate()
  }

  #make(): Promise<ReadonlyMap<string, Asset>> {
    return new Promise((resolve, reject) => {
      // Taking types away is an experiment of Node's, of which it warns; elsewhere in this process it shall.
      const worker = new Worker(entry, {
        env: {},
        workerData: { version: this.#version },
        execArgv: ['--disable-warning=ExperimentalWarning'],
      })
      this.#worker = worker
      worker.on('message', resolve)
      worker.on('error', reject)
      worker.on('exit', () => {
        this.#worker = undefined
        reject(new Error('the thread that builds the page ended'))
      })
    })
  }
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePrometheus } from './components.ts'
import { startProcessGuard } from './process-guard.ts'
import { waitFor } from './wait-for.ts'

/** One series of an answer: its labels, and `[seconds since 1970, value]` of each sample. */
export interface PrometheusSeries {
  labels: Readonly<Record<string, string>>
  samples: readonly (readonly [number, number])[]
}

/** A real Prometheus with data and a port of its own, which ends with this process however that ends. */
export class PrometheusServer implements AsyncDisposable {
  readonly url: string
  readonly #end: () => Promise<void>

  private constructor(url: string, end: () => Promise<void>) {
    this.url = url
    this.#end = end
  }

  /** `configuration`: the text of `prometheus.yml`. Resolves when it is ready to answer. */
  static async start(configuration: string): Promise<PrometheusServer> {
    const directory = mkdtempSync(join(tmpdir(), 'groundswell-prometheus-'))
    const file = join(directory, 'prometheus.yml')
    writeFileSync(file, configuration)
    const guard = startProcessGuard(directory)
    const child = spawn(
      requirePrometheus().path,
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
        '--storage.tsdb.retention.time=1d',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    guard.watch(child.pid)
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
    const gone = once(child, 'exit')
    const end = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await gone
      guard.dismiss()
      rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
    }
    try {
      const url = await waitFor(
        'Prometheus to be ready',
        async () => {
          assert.equal(child.exitCode, null, log)
          const port = /msg="Listening on" address=127\.0\.0\.1:(\d+)/.exec(log)?.[1]
          if (port === undefined) return undefined
          const found = `http://127.0.0.1:${port}`
          const response = await fetch(`${found}/-/ready`).catch(() => undefined)
          await response?.arrayBuffer()
          return response?.ok ? found : undefined
        },
        60_000,
      )
      return new PrometheusServer(url, end)
    } catch (error) {
      await end()
      throw error
    }
  }

  /** At one moment, now unless said. Times are seconds since 1970. */
  async query(query: string, time = Date.now() / 1000): Promise<PrometheusSeries[]> {
    return seriesOf(await this.ask('query', { query, time: String(time) }))
  }

  async queryRange(
    query: string,
    from: number,
    to: number,
    stepSeconds: number,
  ): Promise<PrometheusSeries[]> {
    const range = { start: String(from), end: String(to), step: String(stepSeconds) }
    return seriesOf(await this.ask('query_range', { query, ...range }))
  }

  /** `data` of an answer of its API; throws with its error. */
  async ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
    const answer = (await response.json()) as { status: string; data: unknown; error?: string }
    assert.equal(answer.status, 'success', `${answer.error}\n${JSON.stringify(parameters)}`)
    return answer.data
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end()
  }
}

type Sample = [number, string]

const seriesOf = (data: unknown): PrometheusSeries[] => {
  const { result } = data as {
    result: { metric: Record<string, string>; value?: Sample; values?: Sample[] }[]
  }
  return result.map(({ metric, value, values }) => ({
    labels: metric,
    samples: (values ?? (value === undefined ? [] : [value])).map(
      ([at, text]) => [at, Number(text)] as const,
    ),
  }))
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The target of all clients: one worker, a small answer from memory, connections that stay open, no access log. */
export class Nginx implements AsyncDisposable {
  readonly url: string
  readonly #process: ChildProcess
  readonly #directory: string
  readonly #statusUrl: string
  /** What we asked it for ourselves: that counts as a request too. */
  #statusRequests = 0

  private constructor(port: number, process: ChildProcess, directory: string) {
    this.url = `http://127.0.0.1:${port}/`
    this.#statusUrl = `http://127.0.0.1:${port}/status`
    this.#process = process
    this.#directory = directory
  }

  /** The version of the nginx that is installed; undefined: none is. */
  static version(): string | undefined {
    try {
      return execFileSync('bash', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim().split('/')[1]
    } catch {
      return undefined
    }
  }

  static async start(): Promise<Nginx> {
    const port = await freePort()
    const directory = mkdtempSync(join(tmpdir(), 'groundswell-bench-'))
    mkdirSync(join(directory, 'temp'))
    const file = join(directory, 'nginx.conf')
    writeFileSync(file, configuration(directory, port))
    const child = spawn('nginx', ['-p', directory, '-c', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    const nginx = new Nginx(port, child, directory)
    await nginx.#whenUp()
    return nginx
  }

  /** Requests received so far, but for those of this method. */
  async requests(): Promise<number> {
    const answer = await fetch(this.#statusUrl, { headers: { connection: 'close' } })
    const [, , handled] = /(\d+) (\d+) (\d+)/.exec(await answer.text())?.slice(1) ?? []
    this.#statusRequests++
    return Number(handled) - this.#statusRequests
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGTERM')
    await ended
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #whenUp(): Promise<void> {
    for (let attempt = 0; this.#process.exitCode === null && attempt < 100; attempt++) {
      try {
        await fetch(this.url)
        this.#statusRequests++
        return
      } catch {
        await sleep(50)
      }
    }
    throw new Error('nginx did not start')
  }
}

const configuration = (directory: string, port: number): string => `
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path ${directory}/temp/body;
  proxy_temp_path ${directory}/temp/proxy;
  fastcgi_temp_path ${directory}/temp/fastcgi;
  uwsgi_temp_path ${directory}/temp/uwsgi;
  scgi_temp_path ${directory}/temp/scgi;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { return 200 "Hello, World!\\n"; }
    location = /status { stub_status; }
  }
}
`

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

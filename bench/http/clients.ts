import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseResult, programCommand } from '../side-by-side/program.ts'
import type { Client, ClientCounts } from './client.ts'

const require = createRequire(import.meta.url)
const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const searched = [
  ...(process.env.PATH ?? '').split(delimiter),
  join(homedir(), 'go', 'bin'),
  join(homedir(), '.cargo', 'bin'),
]

const findProgram = (name: string): string | undefined =>
  searched.map((directory) => join(directory, name)).find((file) => existsSync(file))

/** What a program says of its version; some exit with an error after it. */
const versionOf = (file: string | undefined, args: readonly string[]): string | undefined => {
  if (file === undefined) return undefined
  const text = execFileSync('bash', ['-c', '"$0" "$@" 2>&1 || true', file, ...args], { encoding: 'utf8' })
  return /\d+\.\d+\.\d+/.exec(text)?.[0] ?? 'unknown'
}

const all = (count: number): ClientCounts => ({ answered: count, sent: count })

const groundswell: Client = {
  name: 'groundswell',
  install: 'npm ci',
  version: 'this',
  isOpen: true,
  command: ({ url, connections, seconds, ratePerSecond }) =>
    programCommand([
      ...['run', url, '--connections', String(connections), '--duration', `${seconds}s`, '--json', '--quiet'],
      ...(ratePerSecond === undefined
        ? ['--avalanche', String(connections)]
        : ['--rate', `${ratePerSecond}/s`]),
    ]),
  count: (stdout, stderr) => {
    const { totals, outcome, why } = parseResult(stdout, stderr)
    if (outcome !== 'passed' || totals.answered !== totals.sent)
      throw new Error(`groundswell: ${outcome}: ${why.join(' ')} ${JSON.stringify(totals)}`)
    return { answered: totals.status['200'] ?? 0, sent: totals.sent }
  },
}

const wrk = (): Client => {
  const file = findProgram('wrk')
  return {
    name: 'wrk',
    install: 'apt-get install wrk',
    version: versionOf(file, ['-v']),
    isOpen: false,
    command: ({ url, connections, seconds }) => ({
      file: file ?? 'wrk',
      args: ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', url],
    }),
    count: (stdout) => {
      if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`)
      return all(Number(/(\d+) requests in/.exec(stdout)?.[1]))
    },
  }
}

const oha = (): Client => {
  const file = findProgram('oha')
  return {
    name: 'oha',
    install: 'cargo install --locked oha',
    version: versionOf(file, ['--version']),
    isOpen: true,
    command: ({ url, connections, seconds, ratePerSecond }) => ({
      file: file ?? 'oha',
      args: [
        ...['-c', String(connections), '-z', `${seconds}s`, '--no-tui', '--output-format', 'json'],
        ...(ratePerSecond === undefined ? [] : ['-q', String(ratePerSecond), '--latency-correction']),
        url,
      ],
    }),
    count: (stdout) => {
      const { statusCodeDistribution } = JSON.parse(stdout) as {
        statusCodeDistribution: Record<string, number>
      }
      return all(statusCodeDistribution['200'] ?? 0)
    },
  }
}

const k6 = (): Client => {
  const file = findProgram('k6')
  return {
    name: 'k6',
    install: 'go install go.k6.io/k6@latest',
    version: versionOf(file, ['version']),
    isOpen: true,
    command: ({ url, connections, seconds, ratePerSecond }) => ({
      file: file ?? 'k6',
      args: [
        'run',
        '--quiet',
        '--no-usage-report',
        '--summary-mode=full',
        '--no-color',
        beside('k6-script.js'),
      ],
      env: {
        TARGET: url,
        CONNECTIONS: String(connections),
        SECONDS: String(seconds),
        RATE: String(ratePerSecond ?? 0),
        K6_NO_USAGE_REPORT: 'true',
      },
    }),
    count: (stdout) => {
      const failed = /http_req_failed\.*: *([\d.]+)%/.exec(stdout)?.[1]
      if (failed !== undefined && Number(failed) > 0) throw new Error(`k6: ${stdout}`)
      return all(Number(/http_reqs\.*: *(\d+)/.exec(stdout)?.[1]))
    },
  }
}

/** Closed loops only: Locust paces users, and a user waits for its answer. */
const locust = (): Client => {
  const file = findProgram('locust')
  return {
    name: 'locust',
    install:
      'python3 -m venv /tmp/locust && /tmp/locust/bin/pip install locust && export PATH=$PATH:/tmp/locust/bin',
    version: versionOf(file, ['--version']),
    isOpen: false,
    command: ({ url, connections, seconds }) => ({
      file: file ?? 'locust',
      args: [
        ...['-f', beside('locustfile.py'), '--headless', '--only-summary', '--json', '--loglevel', 'WARNING'],
        // All users at once.
        ...['--users', String(connections), '--spawn-rate', '1000', '--run-time', `${seconds}s`],
        ...['--host', url.replace(/\/$/, '')],
      ],
    }),
    count: (stdout) => {
      const [requests] = JSON.parse(stdout) as { num_requests: number; num_failures: number }[]
      if (requests === undefined || requests.num_failures > 0) throw new Error(`locust: ${stdout}`)
      return all(requests.num_requests)
    },
  }
}

/** Installed beside us, or anywhere: GROUNDSWELL_BENCH_AUTOCANNON is the folder of the package. */
const findAutocannon = (): string | undefined => {
  const asked = process.env.GROUNDSWELL_BENCH_AUTOCANNON
  if (asked !== undefined) return join(asked, 'package.json')
  try {
    return require.resolve('autocannon/package.json')
  } catch {
    return undefined
  }
}

const autocannon = (): Client => {
  const manifest = findAutocannon()
  return {
    name: 'autocannon',
    install:
      'npm install autocannon@9 --prefix /tmp/peers && export GROUNDSWELL_BENCH_AUTOCANNON=/tmp/peers/node_modules/autocannon',
    version: manifest === undefined ? undefined : (require(manifest) as { version: string }).version,
    isOpen: true,
    command: ({ url, connections, seconds, ratePerSecond }) => ({
      file: process.execPath,
      args: [
        join(dirname(manifest ?? ''), 'autocannon.js'),
        ...['-c', String(connections), '-d', String(seconds), '--json', '--no-progress'],
        ...(ratePerSecond === undefined ? [] : ['-R', String(ratePerSecond)]),
        url,
      ],
    }),
    count: (stdout) => {
      const result = JSON.parse(stdout) as { '2xx': number; errors: number; requests: { sent: number } }
      if (result.errors > 0) throw new Error(`autocannon: ${stdout}`)
      return { answered: result['2xx'], sent: result.requests.sent }
    },
  }
}

const undici = (): Client => ({
  name: 'undici dispatch',
  install: 'npm ci',
  version: (require('undici/package.json') as { version: string }).version,
  isOpen: false,
  command: ({ url, connections, seconds }) => ({
    file: process.execPath,
    args: [beside('undici-dispatch.ts'), url, String(connections), String(seconds)],
  }),
  count: (stdout) => all(Number(stdout)),
})

/** All that can be measured, whether they are here or not; ours is the first. */
export const findClients = (): Client[] => [groundswell, wrk(), oha(), undici(), autocannon(), k6(), locust()]

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { requireKafka, skipWithout } from '../components.ts'
import { type CommandSection, commandSectionsOf, findPages, isServing } from '../document-commands.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { mainFile, rootDirectory, runProgramToEnd } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/*
 * Every command of the documents, by a real shell, as it is written but for: addresses, which are those of servers started
 * here, on free ports; times of load, which are a second; and limits, which hold on a busy machine.
 */

/** Several processes start on a busy machine. */
const patienceMs = 120_000

const firstScenario =
  'http: http://localhost:8080\nload: { rate: 50/s, duration: 1s }\nlabels: { build: "1.4.2" }\n'

interface Running {
  child: ChildProcess
  said: () => string
  ended: Promise<number | null>
}

class DocumentShell implements AsyncDisposable {
  readonly #directory: string
  readonly #running: Running[] = []
  readonly #env: NodeJS.ProcessEnv
  readonly #target: RealTarget
  #orchestratorUrl = ''

  static async open({ files, lines }: CommandSection): Promise<DocumentShell> {
    const directory = await mkdtemp(join(tmpdir(), 'groundswell-document-'))
    const shell = new DocumentShell(directory, await startRealTarget())
    await mkdir(join(directory, 'bin'))
    // Whichever way a document calls it, with what `npx` would find.
    const program = `#!/bin/sh\nexec '${process.execPath}' '${mainFile}' "$@"\n`
    await writeFile(join(directory, 'bin', 'groundswell'), program, { mode: 0o755 })
    await writeFile(join(directory, 'bin', 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
    await cp(join(rootDirectory, 'scenarios'), join(directory, 'scenarios'), { recursive: true })
    const example = join(directory, 'scenarios', 'first.yaml')
    await writeFile(example, lenient(readFileSync(example, 'utf8')))
    await writeFile(join(directory, 'token.txt'), `${randomBytes(16).toString('hex')}\n`)
    await writeFile(join(directory, 'scenario.yaml'), shell.#here(firstScenario))
    for (const [name, text] of files) await writeFile(join(directory, name), shell.#here(text))
    // Documents show what is done with a run that is over.
    if (lines.some((line) => / (?:latest|r-cuou)\b/.test(line)))
      await cp(await storeOfFirstRun(), shell.#env.GROUNDSWELL_STORE ?? '')
    return shell
  }

  constructor(directory: string, target: RealTarget) {
    this.#directory = directory
    this.#target = target
    this.#env = {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      NO_COLOR: '1',
      PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
      GROUNDSWELL_STORE: join(directory, 'results.sqlite'),
      GROUNDSWELL_TOPIC_PREFIX: `test-${randomBytes(8).toString('hex')}-`,
    }
  }

  /** To its end, which must be good; or, of what serves, until it does. */
  async run(line: string): Promise<void> {
    if (isServing(line)) return this.#start(line)
    const running = this.#spawn(line)
    assert.equal(await running.ended, 0, `${line}\n${running.said()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#running) end(child)
    await Promise.all(this.#running.map(({ ended }) => ended))
    await this.#target[Symbol.asyncDispose]()
    await rm(this.#directory, { recursive: true })
  }

  async #start(line: string): Promise<void> {
    const port = / (?:target|orchestrator|driver)\b/.exec(line)?.[0] === ' target' ? '--port' : '--listen'
    const anyPort =
      port === '--port' ? ' --port 0' : / orchestrator\b/.test(line) ? ' --listen 127.0.0.1:0' : ''
    const running = this.#spawn(`exec ${line.replace(/^npx /, '')}${anyPort}`)
    const ready = /Serving http:\S+|up, waiting for (?:drivers|runs)|[Dd]ashboard\W+http:\S+/
    let hasEnded = false
    void running.ended.then(() => {
      hasEnded = true
    })
    await waitFor(
      line,
      () => {
        if (ready.test(running.said())) return true
        if (hasEnded) throw new Error(`${line} ended:\n${running.said()}`)
        return false
      },
      patienceMs,
    )
    const url = /http:\/\/[\d.]+:\d+/.exec(running.said())?.[0] ?? ''
    if (/ orchestrator\b/.test(line)) this.#orchestratorUrl = url
  }

  #spawn(line: string): Running {
    const command = this.#here(line)
    const child = spawn('bash', ['-c', command], {
      cwd: this.#directory,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    const limit = setTimeout(() => child.kill('SIGKILL'), 3 * patienceMs)
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => {
        clearTimeout(limit)
        resolve(code)
      })
    })
    const running = { child, said: () => said, ended }
    this.#running.push(running)
    return running
  }

  #here(text: string): string {
    const target = this.#target.url.replace('http://', '')
    const orchestrator = this.#orchestratorUrl.replace('http://', '')
    return lenient(text)
      .replaceAll(/--dashboard(?: [\d.]+:\d+)?(?= |$)/g, '--dashboard 127.0.0.1:0')
      .replaceAll(/--listen \S+:8001/g, '')
      .replaceAll('localhost:8080', target)
      .replaceAll('10.0.0.9:8000', target)
      .replaceAll(/\b(?:localhost|127\.0\.0\.1|10\.0\.0\.5):8001/g, orchestrator)
      .replaceAll(/\b(?:localhost|k1):9092/g, () => requireKafka().brokers.join(','))
      .replaceAll(/--(port|drivers) (?:80\d\d|8)\b/g, (_, option) => (option === 'port' ? '' : '--drivers 1'))
      .replaceAll(/\br-cuou\b/g, '"$(groundswell results list --json | grep -om1 "r-[a-z0-9]\\{20\\}")"')
  }
}

let firstStore: Promise<string> | undefined

/** A results store with one run in it, made once for all sections. */
const storeOfFirstRun = (): Promise<string> => {
  firstStore ??= (async () => {
    const file = join(firstDirectory, 'first.sqlite')
    const url = 'http://localhost:8080'
    await using target = await startRealTarget()
    await writeFile(join(firstDirectory, 'scenario.yaml'), firstScenario.replace(url, target.url))
    const env = { GROUNDSWELL_STORE: file }
    const { exitCode, stderr } = await runProgramToEnd(['run', 'scenario.yaml', '--quiet'], {
      cwd: firstDirectory,
      env,
      limitMs: patienceMs,
    })
    assert.equal(exitCode, 0, stderr)
    return file
  })()
  return firstStore
}

let firstDirectory = ''
before(async () => {
  firstDirectory = await mkdtemp(join(tmpdir(), 'groundswell-documents-'))
})
after(() => rm(firstDirectory, { recursive: true }))

const end = (child: ChildProcess): void => {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
}

/** A second of load, and limits that hold while all other tests run. */
const lenient = (text: string): string =>
  text
    .replace(/--duration \d+\w+/, '--duration 1s')
    .replace(/duration: \d+s/, 'duration: 1s')
    .replace(/over: \d+s/g, 'over: 500ms')
    .replace(/hold: \d+s/g, 'hold: 500ms')
    .replace(/p(\d+) < \d+ms/g, 'p$1 < 10s')

// Most of it is waiting for processes to start.
describe('the commands of a section do what the page says', { concurrency: 2 }, () => {
  for (const path of findPages(rootDirectory))
    for (const section of commandSectionsOf(path, readFileSync(join(rootDirectory, path), 'utf8'))) {
      const needsKafka = section.lines.some((line) => line.includes('--kafka'))
      const options = { skip: needsKafka && skipWithout('kafka'), timeout: 6 * patienceMs }
      it(`${path}, ${section.heading}`, options, async () => {
        await using shell = await DocumentShell.open(section)
        for (const line of section.lines) await shell.run(line)
      })
    }
})

import { type ChildProcess, fork } from 'node:child_process'
import type { Bus } from '../bus/bus.ts'
import { InProcessBroker } from '../bus/in-process.ts'
import { type LinkChannel, type LinkFrame, serveLink } from '../bus/link.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'

/**
 * The environment on one machine: a bus in this process and every other part in a process of its own, forked from the
 * same program and joined by a link. Nothing survives this process: a child whose link ends exits by itself.
 */
export interface LocalOptions {
  clock: Clock
  logger: Logger
  /** The program's entry file, run with Node's own options `execArgv`. */
  entry: string
  execArgv: readonly string[]
  /** What children print on standard error, line by line. */
  onChildLine: (line: string) => void
}

/** How long a child may take to leave on its own before it is killed. */
const leaveMs = 2000

/** How long the built-in target may take to listen. */
const targetDeadlineMs = 10_000

export class LocalEnvironment {
  readonly #options: LocalOptions
  readonly #broker: InProcessBroker
  readonly #children = new Set<ChildProcess>()
  readonly #links: Promise<void>[] = []
  #isClosing = false

  constructor(options: LocalOptions) {
    this.#options = options
    this.#broker = new InProcessBroker({ clock: options.clock, logger: options.logger })
  }

  connect(): Bus {
    return this.#broker.connect()
  }

  /** Starts a driver that may load only `allowTargets`. It registers on the bus when it is up. */
  startDriver(allowTargets: readonly string[]): void {
    const child = this.#fork([
      'driver',
      '--link',
      ...allowTargets.flatMap((entry) => ['--allow-target', entry]),
    ])
    this.#links.push(serveLink(channelOf(child), this.#broker.connect()))
  }

  /** Starts the built-in target on a free port of loopback; its URL. */
  startTarget(): Promise<string> {
    const child = this.#fork(['target', '--port', '0', '--link'])
    return new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new AppError('INTERNAL', `The built-in target did not start: ${why}.`))
      const deadline = this.#options.clock.after(targetDeadlineMs, () =>
        fail(`nothing heard for ${targetDeadlineMs} ms`),
      )
      child.once('exit', (code) => fail(`it exited with ${code}`))
      child.once('message', (message: { url: string }) => {
        deadline.cancel()
        resolve(message.url)
      })
    })
  }

  /** Ends all children, asking first. Resolves when none is left. */
  async close(): Promise<void> {
    this.#isClosing = true
    const ended = [...this.#children].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once('exit', () => resolve())
          if (child.connected) child.disconnect()
        }),
    )
    const timer = this.#options.clock.after(leaveMs, () => {
      for (const child of this.#children) child.kill('SIGKILL')
    })
    await Promise.all(ended)
    timer.cancel()
    await Promise.all(this.#links)
  }

  #fork(args: readonly string[]): ChildProcess {
    const { entry, execArgv, logger } = this.#options
    const child = fork(entry, args, {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A signal meant for this process's group (Ctrl-C) must not end the children: we tell them when.
      detached: true,
    })
    this.#children.add(child)
    child.stderr?.setEncoding('utf8')
    let rest = ''
    child.stderr?.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#options.onChildLine(line)
    })
    child.once('error', (error) =>
      logger.error('a child process failed', { args: args[0], error: error.message }),
    )
    child.once('exit', (code, signal) => {
      this.#children.delete(child)
      if (rest !== '') this.#options.onChildLine(rest)
      if (!this.#isClosing)
        logger.warn('a child process ended', { role: args[0], pid: child.pid, code: code ?? signal })
    })
    return child
  }
}

/** A child's end of its link, from here. */
const channelOf = (child: ChildProcess): LinkChannel => ({
  send: (frame) => {
    if (child.connected) child.send(frame, () => {})
  },
  onFrame: (receive) => {
    child.on('message', (frame) => receive(frame as LinkFrame))
  },
  onClose: (closed) => {
    child.once('disconnect', closed)
  },
})

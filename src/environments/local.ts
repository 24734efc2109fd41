import { type ChildProcess, fork } from 'node:child_process'
import type { Bus } from '../bus/bus.ts'
import { InProcessBroker } from '../bus/in-process.ts'
import { type LinkChannel, type LinkFrame, serveLink } from '../bus/link.ts'
import { MessageChannel } from '../bus/message-channel.ts'
import { protocol } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'
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

/** These say least of why a child died. */
const isStackFrame = /^\s+at /

/** A longer line of a child is cut. */
const longestLine = 10_000

/** So many of a child's last lines are told when it dies. */
const keptLines = 5

/** What happens to one driver, for who keeps several. */
export interface DriverEvents {
  /** It registered. */
  onUp(): void
  /** It ended though nobody had asked it to: INTERNAL with its last lines. Not called after {@link LocalEnvironment.close}. */
  onEnd(error: AppError): void
}

interface Child {
  process: ChildProcess
  role: string
  lastLines: string[]
}

export class LocalEnvironment {
  readonly #options: LocalOptions
  readonly #broker: InProcessBroker
  readonly #children = new Set<ChildProcess>()
  readonly #links: Promise<void>[] = []
  readonly #failures = Promise.withResolvers<never>()
  #isClosing = false

  constructor(options: LocalOptions) {
    this.#options = options
    // Who waits for it looks at it; to anybody else a child's death is no unhandled rejection.
    this.#failures.promise.catch(() => {})
    this.#broker = new InProcessBroker({ clock: options.clock, logger: options.logger })
  }

  connect(): Bus {
    return this.#broker.connect()
  }

  /**
   * Never resolves; rejects with INTERNAL when a child dies that was not asked to, with its last lines. Before a run has
   * begun that is the end of it, during the run the orchestrator notices by itself. Children whose end is told otherwise are
   * not meant.
   */
  get failed(): Promise<never> {
    return this.#failures.promise
  }

  /** Starts a driver that may load only `allowTargets`. It registers on the bus when it is up. */
  startDriver(allowTargets: readonly string[], events?: DriverEvents): void {
    let id: string | undefined
    const onEnd = (error: AppError): void => {
      if (id !== undefined) this.#sayGoodbyeFor(id)
      events?.onEnd(error)
    }
    const { process: child } = this.#fork(
      ['driver', '--link', ...allowTargets.flatMap((entry) => ['--allow-target', entry])],
      events === undefined ? undefined : onEnd,
    )
    const bus = noticing(this.#broker.connect(), (driver) => {
      id = driver
      events?.onUp()
    })
    this.#links.push(serveLink(channelOf(child), bus))
  }

  /** Starts the built-in target on a free port of loopback; its URL. `onEnd`: when it ends later, by itself. */
  startTarget(onEnd?: (error: AppError) => void): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const { process: child } = this.#fork(
      ['target', '--port', '0', '--link'],
      onEnd === undefined
        ? undefined
        : (error) => {
            reject(error)
            onEnd(error)
          },
    )
    const deadline = this.#options.clock.after(targetDeadlineMs, () => {
      reject(new AppError('INTERNAL', `The built-in target said nothing for ${targetDeadlineMs / 1000} s.`))
    })
    child.once('message', (message: { url: string }) => resolve(message.url))
    return Promise.race([promise, this.failed]).finally(() => deadline.cancel())
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

  /** It cannot any more; who would give it a share within the next seconds hears of it. */
  #sayGoodbyeFor(driver: string): void {
    const { clock, logger } = this.#options
    const bus = this.#broker.connect()
    new MessageChannel(bus, logger)
      .publish(topics.heartbeat, driver, {
        node_id: driver,
        heartbeat: 'YES',
        protocol,
        state: 'leaving',
        timestamp_ms: clock.wallMs(),
      })
      .finally(() => bus.close())
      .catch((error: unknown) => logger.warn('a goodbye could not be said', { error: messageOf(error) }))
  }

  #fork(args: readonly string[], onEnd = (error: AppError): void => this.#failures.reject(error)): Child {
    const { entry, execArgv, onChildLine } = this.#options
    const process = fork(entry, args, {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A signal meant for this process's group (Ctrl-C) must not end the children: we tell them when.
      detached: true,
    })
    const child: Child = { process, role: args[0] ?? '', lastLines: [] }
    this.#children.add(process)
    process.stderr?.setEncoding('utf8')
    let rest = ''
    const hear = (line: string): void => {
      if (!isStackFrame.test(line)) child.lastLines.push(line)
      if (child.lastLines.length > keptLines) child.lastLines.shift()
      onChildLine(line)
    }
    process.stderr?.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      // A child that never ends its line must not fill our memory.
      rest = (lines.pop() ?? '').slice(-longestLine)
      for (const line of lines) hear(line)
    })
    process.on('error', (error) => {
      // One that could not be started at all says nothing more.
      if (process.pid !== undefined) return
      this.#children.delete(process)
      this.#lose(child, error.message, onEnd)
    })
    process.once('exit', () => this.#children.delete(process))
    // Later than `exit`: all that it printed has been read.
    process.once('close', (code, signal) => {
      if (rest !== '') hear(rest)
      this.#lose(child, signal === null ? `exit code ${code}` : signal, onEnd)
    })
    return child
  }

  #lose({ process, role, lastLines }: Child, why: string, onEnd: (error: AppError) => void): void {
    if (this.#isClosing) return
    this.#options.logger.warn('a child process ended', { role, pid: process.pid, why })
    const said = lastLines.length === 0 ? '' : `:\n  ${lastLines.join('\n  ')}`
    onEnd(
      new AppError('INTERNAL', `The process of a ${role} ended by itself (${why})${said}`, {
        hint: 'It could not go on; what it said last stands above.',
      }),
    )
  }
}

/** The same bus; tells the id under which who is behind it registers. */
const noticing = (bus: Bus, onRegister: (id: string) => void): Bus => ({
  publish: async (topic, key, value) => {
    await bus.publish(topic, key, value)
    if (topic === topics.register) onRegister(key)
  },
  subscribe: (topic, options, handler) => bus.subscribe(topic, options, handler),
  purge: (topic) => bus.purge(topic),
  close: () => bus.close(),
})

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

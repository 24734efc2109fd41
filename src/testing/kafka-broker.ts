/**
 * Brokers that a test has for itself: to kill, to restart, to freeze, to ask for certificates and passwords.
 *
 * One KRaft node on loopback; ready after about a second. Beside the listeners asked for it has a plaintext one of its
 * own, by which it talks to itself and its health is seen. Needs what `npm run components` brings: `skipWithout('kafka')`.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  formatArguments,
  isKafkaAnswering,
  type KafkaListener,
  kafkaArguments,
  kafkaProperties,
} from '../../scripts/components/kafka-server.mjs'
import { faultsIn, freePorts } from '../../scripts/components/processes.mjs'
import { certificateFile, keyFile } from './certificates.ts'
import { requireKafka } from './components.ts'
import { startProcessGuard } from './process-guard.ts'

export type ListenerKind = 'plaintext' | 'ssl' | 'sasl_plaintext' | 'sasl_ssl'

export interface SaslUser {
  username: string
  password: string
}

export interface KafkaBrokerOptions {
  /** What clients may connect to; `['plaintext']`. TLS listeners are `server` of certificates.ts, signed by `authority`. */
  listeners?: readonly ListenerKind[]
  /** Known to the SASL listeners by PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  saslUsers?: readonly SaslUser[]
  /** True. */
  autoCreateTopics?: boolean
  /** Of topics that are created without saying how many; 1. */
  numPartitions?: number
  /**
   * A port of loopback where something stands between some clients and the broker: who connects there is told to come back
   * there. It has to hand on to {@link KafkaBroker.behindPort}.
   */
  frontPort?: number
  /** Further settings of `server.properties`; they win. `ssl.client.auth: 'required'` asks clients for a certificate. */
  properties?: Readonly<Record<string, string | number>>
}

export interface KafkaBroker extends AsyncDisposable {
  /** `[host:port]` of a listener, the plaintext one unless said; throws where it was not asked for. */
  brokers(listener?: ListenerKind): string[]
  /** A plaintext listener of its own for what stands at `frontPort`; 0 without it. */
  readonly behindPort: number
  /** Another after each restart. */
  readonly pid: number
  /** Of all its lives; gone when it is stopped. */
  readonly logFile: string
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** Kills it if it runs, and starts it on the same ports and data; resolves when it answers. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay, nobody answers. */
  pause(): void
  resume(): void
  /** Kills it and removes all that it wrote. */
  stop(): Promise<void>
}

/** Fails after {@link patienceMs} with the end of the broker's log. */
export const startKafkaBroker = async (options: KafkaBrokerOptions = {}): Promise<KafkaBroker> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnFreePorts(options)
    } catch (error) {
      // Between its choice and the start, somebody else took a port.
      if (attempt === 3 || !/address already in use/i.test(String(error))) throw error
    }
  }
}

const patienceMs = 120_000

const startOnFreePorts = async (options: KafkaBrokerOptions): Promise<KafkaBroker> => {
  const { javaPath, ...programs } = requireKafka()
  const kinds = options.listeners ?? ['plaintext']
  const { frontPort } = options
  const [internalPort = 0, controllerPort = 0, freePort = 0, ...ports] = await freePorts(3 + kinds.length)
  const behindPort = frontPort === undefined ? 0 : freePort
  const portOf = new Map(kinds.map((kind, i) => [kind, ports[i] ?? 0]))
  const directory = mkdtempSync(join(tmpdir(), 'groundswell-broker-'))
  const logFile = join(directory, 'broker.log')
  const propertiesFile = join(directory, 'server.properties')
  const listeners: KafkaListener[] = [
    { name: 'INTERNAL', protocol: 'PLAINTEXT', port: internalPort },
    ...kinds.map((kind) => ({
      name: kind.toUpperCase(),
      protocol: protocols[kind],
      port: portOf.get(kind) ?? 0,
    })),
    ...(frontPort === undefined
      ? []
      : [{ name: 'BEHIND', protocol: protocols.plaintext, port: behindPort, advertisedPort: frontPort }]),
  ]
  const writeProperties = (settings: Record<string, string | number>): void =>
    writeFileSync(
      propertiesFile,
      kafkaProperties({
        dataDirectory: join(directory, 'data'),
        controllerPort,
        listeners,
        properties: { ...settings, ...options.properties },
      }),
    )
  const settings = settingsOf(options, kinds, directory)
  writeProperties(settings)

  /** Its output goes to the log. */
  const spawnJava = (mainClass: string, args: string[], spawnOptions: SpawnOptions = {}): ChildProcess => {
    const log = openSync(logFile, 'a')
    try {
      const java = kafkaArguments(programs, [], mainClass, ...args)
      return spawn(javaPath, java, { ...spawnOptions, stdio: ['ignore', log, log] })
    } finally {
      closeSync(log)
    }
  }

  const guard = startProcessGuard(directory)
  let broker: ChildProcess | undefined

  const start = async (): Promise<void> => {
    const started = spawnJava('kafka.Kafka', [propertiesFile], { cwd: directory, detached: true })
    guard.watch(started.pid)
    started.once('exit', () => guard.watch(undefined))
    await once(started, 'spawn')
    broker = started
    started.unref()
    const deadline = performance.now() + patienceMs
    while (!(await isReady(internalPort, ports))) {
      if (hasEnded(started)) throw new Error(`Kafka ended at its start:\n${faultsIn(logFile)}`)
      if (performance.now() > deadline)
        throw new Error(`Kafka did not answer for ${patienceMs} ms:\n${faultsIn(logFile)}`)
      await delay(20)
    }
  }

  const kill = async (): Promise<void> => {
    if (broker === undefined || hasEnded(broker)) return
    const gone = once(broker, 'exit')
    broker.ref()
    broker.kill('SIGKILL')
    await gone
  }

  const stop = async (): Promise<void> => {
    await kill()
    guard.dismiss()
    rmSync(directory, { recursive: true, force: true })
  }

  try {
    const users = kinds.some((kind) => kind.startsWith('sasl')) ? options.saslUsers : []
    const format = spawnJava('kafka.tools.StorageTool', formatArguments(propertiesFile, users))
    const [code] = await once(format, 'exit')
    if (code !== 0)
      throw new Error(`Kafka's storage could not be formatted:\n${readFileSync(logFile, 'utf8')}`)
    await start()
  } catch (error) {
    await stop()
    throw error
  }

  return {
    brokers: (listener = 'plaintext') => {
      const port = portOf.get(listener)
      if (port === undefined)
        throw new Error(`this broker has no ${listener} listener, only: ${kinds.join(', ')}`)
      return [`127.0.0.1:${port}`]
    },
    behindPort,
    get pid() {
      return broker?.pid ?? 0
    },
    logFile,
    kill,
    restart: async () => {
      await kill()
      writeProperties({ ...settings, ...quickReturn })
      await start()
    },
    pause: () => {
      broker?.kill('SIGSTOP')
    },
    resume: () => {
      broker?.kill('SIGCONT')
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const protocols = {
  plaintext: 'PLAINTEXT',
  ssl: 'SSL',
  sasl_plaintext: 'SASL_PLAINTEXT',
  sasl_ssl: 'SASL_SSL',
} as const

/**
 * The node of before counts as alive until its session ends, and until then the restarted one is refused: by default for
 * 9 s. Only after a restart, since a node that a busy machine delays for so long is out of service for a moment.
 */
const quickReturn = { 'broker.session.timeout.ms': 1_500, 'broker.heartbeat.interval.ms': 300 }

const settingsOf = (
  { autoCreateTopics = true, numPartitions = 1, saslUsers = [] }: KafkaBrokerOptions,
  kinds: readonly ListenerKind[],
  directory: string,
): Record<string, string | number> => {
  const settings: Record<string, string | number> = {
    'auto.create.topics.enable': String(autoCreateTopics),
    'num.partitions': numPartitions,
  }
  if (kinds.some((kind) => kind.endsWith('ssl'))) {
    const keystore = join(directory, 'keystore.pem')
    writeFileSync(
      keystore,
      readFileSync(keyFile('server'), 'utf8') + readFileSync(certificateFile('server'), 'utf8'),
    )
    Object.assign(settings, {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': certificateFile('authority'),
    })
  }
  for (const kind of kinds.filter((name) => name.startsWith('sasl'))) {
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
    const users = saslUsers.map(({ username, password }) => ` user_${username}="${password}"`).join('')
    Object.assign(settings, {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      [`listener.name.${kind}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required${users};`,
      [`listener.name.${kind}.scram-sha-256.sasl.jaas.config`]: scram,
      [`listener.name.${kind}.scram-sha-512.sasl.jaas.config`]: scram,
    })
  }
  return settings
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** The node is in service, and every listener takes connections. */
const isReady = async (internalPort: number, ports: readonly number[]): Promise<boolean> => {
  if (!(await isKafkaAnswering(internalPort))) return false
  return (await Promise.all(ports.map(isListening))).every((listens) => listens)
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/**
 * How a Kafka node is run from its jars: one node, KRaft, loopback, quick to start. The shared one of
 * `npm run components` and those that tests start for themselves.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { cacheDirectory } from './state.mjs'

export const kafkaVersion = '4.1.0'
export const kafkaDirectory = join(cacheDirectory, `kafka-${kafkaVersion}`)
export const kafkaLibsDir = join(kafkaDirectory, 'libs')

/**
 * `server.properties`. Brokers talk to themselves over the first of `listeners`: `{ name, protocol, port, advertisedPort }`;
 * where the last is left out, clients are told the port itself.
 * Internal topics have one partition: the usual 50 take seconds to make and to recover.
 */
export const kafkaProperties = ({ dataDirectory, controllerPort, listeners, properties = {} }) => {
  const at = ({ name, port }) => `${name}://127.0.0.1:${port}`
  const controller = { name: 'CONTROLLER', protocol: 'PLAINTEXT', port: controllerPort }
  const all = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: [...listeners, controller].map(at).join(','),
    'advertised.listeners': listeners
      .map(({ name, port, advertisedPort = port }) => at({ name, port: advertisedPort }))
      .join(','),
    'listener.security.protocol.map': [...listeners, controller]
      .map(({ name, protocol }) => `${name}:${protocol}`)
      .join(','),
    'controller.listener.names': controller.name,
    'inter.broker.listener.name': listeners[0].name,
    'log.dirs': dataDirectory,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // By default 128 MiB of the heap, for compacting topics.
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    ...properties,
  }
  return Object.entries(all)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('')
}

/**
 * Arguments of `java`. Interpreted and lightly compiled code, and classes from an archive where there is one: that
 * halves the time of a start.
 */
export const kafkaArguments = ({ libsDir, archiveFile, heapMb = 256 }, jvmOptions, mainClass, ...args) => [
  `-Xms${Math.min(128, heapMb)}m`,
  `-Xmx${heapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  ...(archiveFile && existsSync(archiveFile) ? [`-XX:SharedArchiveFile=${archiveFile}`] : []),
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  ...jvmOptions,
  '-cp',
  join(libsDir, '*'),
  mainClass,
  ...args,
]

/** Of `StorageTool format`. `scramUsers`: `{ username, password }`. */
export const formatArguments = (propertiesFile, scramUsers = []) => [
  'format',
  '--standalone',
  '--cluster-id',
  // A uuid in base64url; 'A' first, since '-' would pass for an option.
  `A${randomBytes(16).toString('base64url').slice(1)}`,
  '--config',
  propertiesFile,
  ...scramUsers.flatMap(({ username, password }) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
  ),
]

/** Metadata request, version 1: size, key 3, version, correlation id, no client id, no topics. */
const metadataRequest = Buffer.from('0000000e' + '0003' + '0001' + '00000001' + 'ffff' + '00000000', 'hex')

/** Whether the broker on a plaintext port of loopback answers, and counts itself as ready to serve. */
export const isKafkaAnswering = (port) =>
  new Promise((resolve) => {
    let answer = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => socket.write(metadataRequest))
    const finish = (isReady) => {
      socket.destroy()
      resolve(isReady)
    }
    socket.setTimeout(2_000, () => finish(false))
    socket.on('error', () => finish(false))
    socket.on('close', () => finish(false))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      // Size, correlation id, the number of brokers that are in service.
      if (answer.length >= 12) finish(answer.readInt32BE(4) === 1 && answer.readInt32BE(8) > 0)
    })
  })

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka'
import { systemClock } from '../../lib/clock.ts'
import { AppError, type ErrorCode } from '../../lib/errors.ts'
import { silentLogger } from '../../lib/logger.ts'
import { certificateFile, keyFile } from '../../testing/certificates.ts'
import { skipWithout } from '../../testing/components.ts'
import { type KafkaBroker, type ListenerKind, startKafkaBroker } from '../../testing/kafka-broker.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { topics } from '../topics.ts'
import { connectKafkaBus } from './kafka-bus.ts'
import type { KafkaOptions } from './kafka-options.ts'

const ca = readFileSync(certificateFile('authority'), 'utf8')
const alice = { username: 'alice', password: 'wonder-land' }
const bob = { username: 'bob', password: 'builder' }

describe('a Kafka bus that has to be let in', { skip: skipWithout('kafka') }, () => {
  let broker: KafkaBroker
  before(async () => {
    broker = await startKafkaBroker({
      listeners: ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'],
      saslUsers: [alice, bob],
      properties: {
        'listener.name.ssl.ssl.client.auth': 'required',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS;User:alice;User:CN=test client',
      },
    })
  })
  after(() => broker?.stop())

  const open = (listener: ListenerKind, options: Partial<KafkaOptions>, topicPrefix = freshPrefix()) =>
    connectKafkaBus(
      { brokers: broker.brokers(listener), topicPrefix, startWaitMs: 60_000, ...options },
      { clock: systemClock, logger: silentLogger },
    )
  const freshPrefix = (): string => `access-${randomBytes(6).toString('hex')}.`

  const ways: [string, ListenerKind, Partial<KafkaOptions>][] = [
    ['SASL PLAIN', 'sasl_plaintext', { sasl: { mechanism: 'PLAIN', ...alice } }],
    ['SASL SCRAM-SHA-256', 'sasl_plaintext', { sasl: { mechanism: 'SCRAM-SHA-256', ...alice } }],
    [
      'SASL SCRAM-SHA-512 over TLS',
      'sasl_ssl',
      { tls: { ca }, sasl: { mechanism: 'SCRAM-SHA-512', ...alice } },
    ],
    [
      'TLS without a check of the certificate',
      'sasl_ssl',
      { tls: { insecure: true }, sasl: { mechanism: 'PLAIN', ...alice } },
    ],
  ]
  for (const [name, listener, options] of ways)
    it(`is let in by ${name}, with a group and without`, async () => {
      const bus = await open(listener, options)
      try {
        const seen: string[] = []
        for (const group of [undefined, 'g'])
          await bus.subscribe(
            't',
            { from: 'latest', ...(group === undefined ? {} : { group }) },
            ({ key }) => {
              seen.push(key)
            },
          )
        await bus.publish('t', 'in', new Uint8Array(3))
        await waitFor('both', () => seen.length === 2, 30_000)
      } finally {
        await bus.close()
      }
    })

  const client = {
    cert: readFileSync(certificateFile('client'), 'utf8'),
    key: readFileSync(keyFile('client'), 'utf8'),
  }

  it('is let in by its certificate', async () => {
    const bus = await open('ssl', { tls: { ca, ...client } })
    await bus.publish('t', 'k', new Uint8Array(1))
    await bus.close()
  })

  const faults: [string, ListenerKind, Partial<KafkaOptions>, ErrorCode, RegExp][] = [
    [
      'a wrong password (PLAIN)',
      'sasl_plaintext',
      { sasl: { mechanism: 'PLAIN', username: 'alice', password: 'wrong' } },
      'BUS_ACCESS_DENIED',
      /refused user and password/,
    ],
    [
      'a wrong password (SCRAM)',
      'sasl_plaintext',
      { sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'wrong' } },
      'BUS_ACCESS_DENIED',
      /refused user and password/,
    ],
    ['no user where one is asked for', 'sasl_plaintext', {}, 'BUS_ACCESS_DENIED', /user and password/],
    [
      'a user where none is asked for',
      'plaintext',
      { sasl: { mechanism: 'PLAIN', ...alice } },
      'BUS_ACCESS_DENIED',
      /user and password/,
    ],
    ['a TLS port without TLS', 'sasl_ssl', {}, 'BUS_UNREACHABLE', /speaks TLS: switch TLS on/],
    [
      'an authority that is not trusted',
      'ssl',
      { tls: client },
      'BUS_ACCESS_DENIED',
      /not signed by an authority/,
    ],
    ['no certificate where one is asked for', 'ssl', { tls: { ca } }, 'BUS_ACCESS_DENIED', /our certificate/],
  ]
  for (const [name, listener, options, code, message] of faults)
    it(`refuses at once, and says why: ${name}`, async () => {
      await assert.rejects(open(listener, options), (error: unknown) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.code, code, error.message)
        assert.match(error.message, message)
        assert.match(error.message, /127\.0\.0\.1:\d+/)
        assert.doesNotMatch(error.message + String(error.cause), /wonder-land/)
        return true
      })
    })

  it('says that a port may not speak TLS when the time is over', async () => {
    await assert.rejects(open('plaintext', { tls: { ca }, startWaitMs: 1_000 }), (error: unknown) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'BUS_UNREACHABLE')
      assert.match(error.message, /does the port speak TLS\?/)
      return true
    })
  })

  const allow = async (topicPrefix: string, operations: (keyof typeof AclOperations)[]): Promise<void> => {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: broker.brokers() })
    await admin.createAcls({
      creations: operations.map((operation) => ({
        resourceType: ResourceTypes.TOPIC,
        resourceName: topicPrefix,
        resourcePatternType: ResourcePatternTypes.PREFIXED,
        principal: 'User:bob',
        host: '*',
        operation: AclOperations[operation],
        permissionType: AclPermissionTypes.ALLOW,
      })),
    })
    await admin.close()
  }
  const asBob: Partial<KafkaOptions> = { sasl: { mechanism: 'PLAIN', ...bob } }

  it('refuses at once a user who may not see the topics, and names them', async () => {
    const topicPrefix = freshPrefix()
    await assert.rejects(open('sasl_plaintext', asBob, topicPrefix), (error: unknown) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'BUS_ACCESS_DENIED')
      assert.ok(error.message.includes(`${topicPrefix}${topics.heartbeat}`), error.message)
      return true
    })
  })

  it('uses topics that are there when the user may not create any, and says what is missing', async () => {
    const topicPrefix = freshPrefix()
    await allow(topicPrefix, ['DESCRIBE', 'READ', 'WRITE'])
    await waitFor('the rights to hold and a refusal to create', () =>
      open('sasl_plaintext', asBob, topicPrefix).then(
        () => assert.fail('the topics are not there'),
        (error: unknown) => error instanceof AppError && /may not create/.test(error.message),
      ),
    )
    await (await open('plaintext', {}, topicPrefix)).close()
    const bus = await open('sasl_plaintext', asBob, topicPrefix)
    try {
      const seen: string[] = []
      await bus.subscribe(topics.metrics, { from: 'latest' }, ({ key }) => {
        seen.push(key)
      })
      await bus.publish(topics.metrics, 'k', new Uint8Array(1))
      await waitFor('it', () => seen.length === 1)
      const isDenied = (error: unknown): boolean =>
        error instanceof AppError && error.code === 'BUS_ACCESS_DENIED'
      await assert.rejects(bus.purge(topics.metrics), isDenied)
      await assert.rejects(bus.publish('another', 'k', new Uint8Array(1)), isDenied)
      await assert.rejects(
        bus.subscribe(topics.metrics, { from: 'latest', group: 'g' }, () => {}),
        isDenied,
      )
    } finally {
      await bus.close()
    }
  })
})

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { type KafkaFlags, kafkaFlagWithoutBroker, parseKafkaFlags } from './kafka-flags.ts'
import { UsageFaults } from './usage-faults.ts'

let cwd = ''
before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'groundswell-kafka-flags-'))
  const files = {
    'ca.pem': '-----BEGIN CERTIFICATE-----\n',
    'no.pem': 'text',
    password: 's3cret\n',
    empty: '\n',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text)
})
after(() => rm(cwd, { recursive: true }))

const parsed = async (flags: KafkaFlags, env: Record<string, string> = {}) => {
  const faults = new UsageFaults()
  const kafka = await parseKafkaFlags({ cwd, env }, flags, faults)
  faults.throwIfAny()
  return kafka
}

const faultsOf = async (flags: KafkaFlags, env: Record<string, string> = {}): Promise<string> => {
  try {
    await parsed(flags, env)
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'USAGE', String(error))
    return error.message
  }
  assert.fail('no fault')
}

describe('the options that say where Kafka is', () => {
  it('one broker or several, with a prefix', async () => {
    const { options, secrets, warnings } = await parsed({
      kafka: 'localhost:9092, [::1]:9093',
      topicPrefix: 'a.b-c_',
      kafkaWait: '5s',
    })
    assert.deepEqual(options, {
      brokers: ['localhost:9092', '[::1]:9093'],
      topicPrefix: 'a.b-c_',
      startWaitMs: 5000,
    })
    assert.deepEqual([secrets, warnings], [[], []])
  })

  it('TLS by itself, and by any of its files', async () => {
    assert.deepEqual((await parsed({ kafka: 'k:1', kafkaTls: true })).options.tls, {})
    assert.deepEqual((await parsed({ kafka: 'k:1', kafkaCa: 'ca.pem' })).options.tls, {
      ca: '-----BEGIN CERTIFICATE-----\n',
    })
    assert.deepEqual(
      Object.keys(
        (await parsed({ kafka: 'k:1', kafkaCert: 'ca.pem', kafkaKey: 'ca.pem' })).options.tls ?? {},
      ),
      ['cert', 'key'],
    )
  })

  it('a user with a password from a file, without its line feed, or from the environment', async () => {
    const user = { kafka: 'k:1', kafkaSasl: 'scram-sha-512', kafkaUser: 'load' }
    const fromFile = await parsed({ ...user, kafkaPasswordFile: 'password' })
    assert.deepEqual(fromFile.options.sasl, {
      mechanism: 'SCRAM-SHA-512',
      username: 'load',
      password: 's3cret',
    })
    assert.deepEqual(fromFile.secrets, ['s3cret'])
    const fromEnvironment = await parsed(user, { GROUNDSWELL_KAFKA_PASSWORD: 'other' })
    assert.equal(fromEnvironment.options.sasl?.password, 'other')
  })

  it('warns where a password would cross the network as it is', async () => {
    const flags = { kafka: 'k:1', kafkaSasl: 'plain', kafkaUser: 'load', kafkaPasswordFile: 'password' }
    assert.equal((await parsed(flags)).warnings.length, 1)
    assert.deepEqual((await parsed({ ...flags, kafkaTls: true })).warnings, [])
  })

  it('the environment says what no option says', async () => {
    const env = {
      GROUNDSWELL_KAFKA: 'elsewhere:9092',
      GROUNDSWELL_KAFKA_TLS: '1',
      GROUNDSWELL_TOPIC_PREFIX: 'team-',
    }
    assert.deepEqual((await parsed({}, env)).options, {
      brokers: ['elsewhere:9092'],
      topicPrefix: 'team-',
      tls: {},
    })
    assert.deepEqual((await parsed({ kafka: 'here:1', topicPrefix: 'mine-' }, env)).options, {
      brokers: ['here:1'],
      topicPrefix: 'mine-',
      tls: {},
    })
  })

  const wrong: [what: string, flags: KafkaFlags, told: RegExp][] = [
    ['no broker', {}, /--kafka HOST:PORT is missing/],
    ['an empty broker', { kafka: 'a:1,,b:2' }, /"" is none/],
    ['a port that is none', { kafka: 'a:99999' }, /"a:99999" is none/],
    ['a URL', { kafka: 'kafka://a:9092' }, /is none/],
    ['a certificate without a key', { kafka: 'a:1', kafkaCert: 'ca.pem' }, /go together/],
    ['a file that is not there', { kafka: 'a:1', kafkaCa: 'none.pem' }, /--kafka-ca none\.pem: .*ENOENT/],
    ['a file that is no PEM', { kafka: 'a:1', kafkaCa: 'no.pem' }, /no PEM file/],
    ['a user without a mechanism', { kafka: 'a:1', kafkaUser: 'x' }, /go with --kafka-sasl/],
    ['a mechanism without a user', { kafka: 'a:1', kafkaSasl: 'plain' }, /needs --kafka-user/],
    ['an unknown mechanism', { kafka: 'a:1', kafkaSasl: 'gssapi' }, /one of plain, scram-sha-256/],
    ['no password', { kafka: 'a:1', kafkaSasl: 'plain', kafkaUser: 'x' }, /needs a password/],
    [
      'an empty password',
      { kafka: 'a:1', kafkaSasl: 'plain', kafkaUser: 'x', kafkaPasswordFile: 'empty' },
      /the file is empty/,
    ],
    ['a wait that is none', { kafka: 'a:1', kafkaWait: '5' }, /--kafka-wait takes a duration/],
    ['a prefix that no topic may have', { kafka: 'a:1', topicPrefix: 'a b' }, /--topic-prefix/],
  ]
  for (const [what, flags, told] of wrong)
    it(`refuses ${what}`, async () => assert.match(await faultsOf(flags), told))

  it('tells every fault at once', async () => {
    const told = await faultsOf({ kafka: 'a:x', kafkaKey: 'none', kafkaSasl: 'gssapi', topicPrefix: '!' })
    for (const part of [
      'a:x',
      'go together',
      'ENOENT',
      'one of plain',
      '--kafka-user',
      'needs a password',
      '--topic-prefix',
    ])
      assert.ok(told.includes(part), `${part}\n${told}`)
  })

  it('never shows a password that stands where none belongs', async () => {
    const told = await faultsOf({ kafka: 'user:hunter2@host:9092' })
    assert.match(told, /takes no user and password/)
    assert.doesNotMatch(told, /hunter2/)
  })

  it('knows which option is of no use without a broker', () => {
    assert.equal(kafkaFlagWithoutBroker({ kafkaPasswordFile: 'x' }), '--kafka-password-file')
    assert.equal(kafkaFlagWithoutBroker({ kafka: 'a:1', topicPrefix: 'x' }), undefined)
    assert.equal(kafkaFlagWithoutBroker({}), undefined)
  })
})

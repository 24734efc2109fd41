import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { certificateFile } from '../certificates.ts'
import { skipWithout } from '../components.ts'
import { type KafkaBroker, startKafkaBroker } from '../kafka-broker.ts'
import { startRealTarget } from '../real-target.ts'
import { RoleCluster } from '../role-cluster.ts'
import { resultOf } from '../run-program.ts'

const password = 'planted-8c41e0b7'

describe('a broker that wants a password, over TLS', { skip: skipWithout('kafka') }, () => {
  let directory = ''
  let broker: KafkaBroker
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundswell-credentials-'))
    await writeFile(join(directory, 'right'), `${password}\n`)
    await writeFile(join(directory, 'wrong'), `${password}-not`)
    broker = await startKafkaBroker({
      listeners: ['sasl_ssl'],
      saslUsers: [{ username: 'load', password }],
    })
  })
  after(async () => {
    await broker?.stop()
    await rm(directory, { recursive: true })
  })

  const access = (file: string): string[] => [
    ...['--kafka-ca', certificateFile('authority'), '--kafka-sasl', 'scram-sha-512', '--kafka-user', 'load'],
    ...['--kafka-password-file', join(directory, file), '--kafka-wait', '30s'],
  ]

  it('lets in who has it: driver, run, and no log that shows it', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster(broker.brokers('sasl_ssl'))
    const driver = await cluster.startDriver([...access('right'), '--log-level', 'debug'])
    const load = ['--rate', '50/s', '--requests', '50', '--set', 'start.deadline=120s', '--json']
    const end = await cluster.startRun([target.url, ...load, ...access('right')]).ended
    assert.equal(end.exitCode, 0, end.stderr)
    assert.deepEqual([resultOf(end).totals.sent, target.received], [50, 50])
    const left = await driver.signal('SIGTERM')
    assert.equal(left.exitCode, 0)
    for (const text of [end.stdout, end.stderr, left.stdout, left.stderr])
      assert.doesNotMatch(text, /planted/)
  })

  it('tells who has another one at once, and shows neither', async () => {
    await using cluster = new RoleCluster(broker.brokers('sasl_ssl'))
    const store = ['--store', join(directory, 'runs.sqlite')]
    for (const args of [
      ['driver', ...cluster.kafka, ...access('wrong')],
      ['orchestrator', ...cluster.kafka, ...store, '--listen', ':0', ...access('wrong')],
      [
        'run',
        'http://127.0.0.1:1/',
        '--rate',
        '1/s',
        '--requests',
        '1',
        ...cluster.kafka,
        ...access('wrong'),
      ],
    ]) {
      const end = await cluster.start(args).ended
      assert.equal(end.exitCode, 1, end.stderr)
      assert.match(end.stderr, /Check the Kafka user, password file, mechanism and TLS settings/)
      assert.doesNotMatch(end.stderr + end.stdout, /planted|\n\s+at /)
    }
  })
})

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { type OrchestratorFlags, parseOrchestratorFlags } from './orchestrator-flags.ts'

let cwd = ''
before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'groundswell-orchestrator-flags-'))
  await writeFile(join(cwd, 'token'), 'a-token-of-some-length\n')
})
after(() => rm(cwd, { recursive: true }))

const plain: OrchestratorFlags = {
  kafka: 'localhost:9092',
  listen: '127.0.0.1:8001',
  allowTarget: [],
  peerLatencyUnit: 'ms',
}

const parsed = (flags: Partial<OrchestratorFlags> = {}, env: Record<string, string> = {}) =>
  parseOrchestratorFlags({ cwd, env: { HOME: '/home/user', ...env } }, { ...plain, ...flags })

const fault =
  (pattern: RegExp, absent = /hunter2/) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AppError && error.code === 'USAGE', String(error))
    assert.match(error.message, pattern)
    assert.doesNotMatch(error.message + error.hint, absent)
    return true
  }

describe('the options of the orchestrator', () => {
  it('need no token on loopback, and elsewhere one, or the word for it', async () => {
    assert.deepEqual((await parsed()).warnings, [])
    await assert.rejects(parsed({ listen: '0.0.0.0:8001' }), fault(/--insecure/))
    const guarded = await parsed({ listen: '0.0.0.0:8001', tokenFile: 'token' })
    assert.deepEqual([guarded.token, guarded.secrets], ['a-token-of-some-length', ['a-token-of-some-length']])
    assert.equal((await parsed({}, { GROUNDSWELL_TOKEN: 'other' })).token, 'other')
    const open = await parsed({ listen: '[::]:8001', insecure: true })
    assert.match(open.warnings.join(), /anybody who reaches \[::\]:8001/)
  })

  it('take the place of the store from the option, the environment, or the user', async () => {
    assert.equal((await parsed({ store: 'runs.sqlite' })).store, join(cwd, 'runs.sqlite'))
    assert.equal((await parsed()).store, '/home/user/.local/share/groundswell/results.sqlite')
    assert.equal((await parsed({}, { XDG_DATA_HOME: '/data' })).store, '/data/groundswell/results.sqlite')
    assert.equal((await parsed({ store: 'none' })).store, 'none')
    const url = 'postgres://gs:hunter2@db/runs'
    const { store, storeText, secrets } = await parsed({}, { GROUNDSWELL_STORE: url })
    assert.deepEqual([store, storeText, secrets], [url, 'postgres://gs@db/runs', ['hunter2']])
  })

  it('take no password in an argument, and do not show it', async () => {
    for (const store of ['postgres://gs:hunter2@db/runs', 'postgresql://db/runs?password=hunter2'])
      await assert.rejects(parsed({ store }), fault(/--store takes no password.*GROUNDSWELL_STORE/))
    assert.equal((await parsed({ store: 'postgres://gs@db/runs' })).storeText, 'postgres://gs@db/runs')
    await assert.rejects(parsed({ kafka: 'u:hunter2@k:9092' }), fault(/no user and password/))
    await assert.rejects(parsed({ target: 'http://u:hunter2@shop/' }), fault(/no user and password/))
  })

  it('tell every fault at once', async () => {
    await assert.rejects(
      parsed({
        kafka: '',
        listen: 'x',
        tokenFile: 'none',
        store: 'postgres://a:b@c/',
        target: '',
        maxQueued: '0',
      }),
      fault(/--kafka.*--listen.*--token-file.*--store.*--target.*--max-queued/s),
    )
  })

  it('without a broker say what the drivers of this machine may do, with one they say nothing of it', async () => {
    const { kafka: _kafka, ...here } = plain
    const parse = (flags: Partial<OrchestratorFlags> = {}, env: Record<string, string> = {}) =>
      parseOrchestratorFlags({ cwd, env: { HOME: '/home/user', ...env } }, { ...here, ...flags })
    assert.deepEqual((await parse()).drivers, {
      kind: 'here',
      here: { maxDrivers: 16, allowTargets: AllowList.defaults },
    })
    assert.deepEqual((await parse({ maxDrivers: '3', allowTarget: ['shop.example.com'] })).drivers, {
      kind: 'here',
      here: { maxDrivers: 3, allowTargets: ['shop.example.com'] },
    })
    assert.equal((await parse({}, { GROUNDSWELL_KAFKA: 'k:1' })).drivers.kind, 'kafka')
    await assert.rejects(
      parse({ kafkaTls: true, maxDrivers: '0', allowTarget: ['10.0.0.0/99'], listen: '0.0.0.0:1' }),
      fault(/--kafka-tls goes with --kafka.*10\.0\.0\.0\/99.*--max-drivers takes.*--insecure/s),
    )
    await assert.rejects(
      parse({ kafka: 'k:1', maxDrivers: '3', allowTarget: ['x'] }),
      fault(/--max-drivers is for.*--allow-target is for/s),
    )
  })
})

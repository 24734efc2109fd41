import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Client } from 'pg'
import { isKafkaAnswering } from '../../scripts/components/kafka-server.mjs'
import { isAlive, processStartOf } from '../../scripts/components/state.mjs'
import { freshDatabase, requireKafka, skipWithout } from './components.ts'
import { rootDirectory } from './run-program.ts'

const query = async (url: string, text: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('the shared servers', () => {
  it('Kafka answers', { skip: skipWithout('kafka') }, async () => {
    const port = Number(requireKafka().brokers[0]?.split(':')[1])
    assert.equal(await isKafkaAnswering(port), true)
  })

  it('PostgreSQL gives every test a database of its own', { skip: skipWithout('postgres') }, async () => {
    await using one = await freshDatabase()
    await using other = await freshDatabase()
    await query(one.url, 'CREATE TABLE only_here (id int)')
    await assert.rejects(query(other.url, 'SELECT * FROM only_here'), /does not exist/)
    await one.drop()
    await assert.rejects(query(one.url, 'SELECT 1'), /does not exist/)
  })
})

describe('a recorded process', () => {
  it('is alive until it ends, and never another one with its pid', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    const recorded = { pid, processStart: processStartOf(pid) ?? '' }
    assert.equal(isAlive(recorded), true)
    assert.equal(isAlive({ ...recorded, processStart: '1' }), false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal(isAlive(recorded), false)
  })
})

describe('the command and the helpers, where nothing runs', () => {
  const state = mkdtempSync(join(tmpdir(), 'groundswell-state-'))
  after(() => rmSync(state, { recursive: true, force: true }))

  const {
    GROUNDSWELL_KAFKA,
    GROUNDSWELL_POSTGRES,
    GROUNDSWELL_CHROMIUM,
    GROUNDSWELL_PROMETHEUS,
    GROUNDSWELL_REQUIRE_COMPONENTS,
    ...inherited
  } = process.env
  const run = (
    args: string[],
    env: Record<string, string> = {},
  ): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, args, {
      cwd: rootDirectory,
      encoding: 'utf8',
      env: { ...inherited, GROUNDSWELL_COMPONENTS_STATE: state, ...env },
    })
  const command = (...args: string[]) => run(['scripts/components.mjs', ...args])
  const ask = (expression: string, env?: Record<string, string>) =>
    run(
      [
        '--input-type=module',
        '-e',
        `import * as components from './src/testing/components.ts'
         console.log(JSON.stringify(components.${expression}))`,
      ],
      env,
    )

  it('skips with the one command that helps', () => {
    assert.equal(ask("skipWithout('kafka')").stdout, '"Kafka does not run here: npm run components"\n')
    assert.equal(
      ask("skipWithout('postgres')").stdout,
      '"PostgreSQL does not run here: npm run components"\n',
    )
  })

  it('fails instead where components are required', () => {
    const { status, stderr } = ask("skipWithout('kafka')", { GROUNDSWELL_REQUIRE_COMPONENTS: '1' })
    assert.equal(status, 1)
    assert.match(stderr, /Kafka does not run here: npm run components/)
  })

  it('takes servers that the environment names', () => {
    const url = 'postgres://me@db.test/main'
    assert.deepEqual(JSON.parse(ask('postgresComponent()', { GROUNDSWELL_POSTGRES: url }).stdout), { url })
    const env = { GROUNDSWELL_KAFKA: 'one.test:9092,two.test:9092' }
    assert.deepEqual(JSON.parse(ask('kafkaComponent().brokers', env).stdout), [
      'one.test:9092',
      'two.test:9092',
    ])
    assert.equal(ask("skipWithout('kafka')", env).stdout, 'false\n')
  })

  it('takes programs that the environment names, and no other then', () => {
    for (const [name, variable, title] of [
      ['chromium', 'GROUNDSWELL_CHROMIUM', 'Chromium'],
      ['prometheus', 'GROUNDSWELL_PROMETHEUS', 'Prometheus'],
    ] as const) {
      const here = { [variable]: process.execPath }
      assert.deepEqual(JSON.parse(ask(`${name}Component()`, here).stdout), { path: process.execPath })
      assert.equal(ask(`skipWithout('${name}')`, here).stdout, 'false\n')
      const nowhere = { [variable]: join(state, 'nowhere') }
      const advice = `${title} is not installed here: npm run components`
      assert.equal(ask(`skipWithout('${name}')`, nowhere).stdout, `"${advice}"\n`)
      const required = ask(`skipWithout('${name}')`, { ...nowhere, GROUNDSWELL_REQUIRE_COMPONENTS: '1' })
      assert.equal(required.status, 1)
      assert.ok(required.stderr.includes(advice))
      assert.ok(
        run(['scripts/components.mjs', 'status'], nowhere).stdout.includes(`${title} is not installed: `),
      )
      assert.ok(
        run(['scripts/components.mjs', 'status'], here).stdout.includes(`${title} is ${process.execPath}`),
      )
    }
  })

  it('finds programs on the PATH', () => {
    const bin = join(state, 'bin')
    mkdirSync(bin)
    for (const name of ['google-chrome', 'prometheus'])
      writeFileSync(join(bin, name), '#!/bin/sh\n', { mode: 0o755 })
    const found = (name: string): unknown =>
      JSON.parse(ask(`${name}Component()`, { PATH: bin, HOME: state }).stdout)
    assert.deepEqual(found('chromium'), { path: join(bin, 'google-chrome') })
    assert.deepEqual(found('prometheus'), { path: join(bin, 'prometheus') })
  })

  it('status says that nothing runs', () => {
    const { status, stdout } = command('status')
    assert.equal(status, 1)
    assert.match(stdout, /PostgreSQL does not run: npm run components/)
  })

  it('stop ends nothing that it did not start: a pid alone is no proof', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    await once(bystander, 'spawn')
    const recorded = {
      pid: bystander.pid,
      processStart: '1',
      port: 1,
      url: '',
      dataDirectory: state,
      logFile: '',
    }
    writeFileSync(join(state, 'state.json'), JSON.stringify({ kafka: recorded }))
    assert.equal(command('stop').status, 0)
    assert.ok(processStartOf(bystander.pid ?? 0))
    assert.equal(command('stop').status, 0)
    bystander.kill('SIGKILL')
  })

  it('another word is wrong usage', () => {
    const { status, stderr } = command('begin')
    assert.equal(status, 2)
    assert.match(stderr, /usage: npm run components/)
  })
})

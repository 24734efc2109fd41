import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { silentLogger } from '../lib/logger.ts'
import { FakeProgram } from '../testing/fake-program.ts'
import { LocalEnvironment } from './local.ts'

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-local-'))
})
after(() => rm(directory, { recursive: true }))

/** A program whose parts do as `body` says; `role` is what part it is. */
const entryOf = async (body: string): Promise<string> => {
  const file = join(directory, `entry-${Math.random()}.mjs`)
  await writeFile(file, `const role = process.argv[2]\n${body}\n`)
  return file
}

const dying = `console.error('loading'); console.error('Error: no such module'); process.exit(3)`

const open = async (body: string) => {
  const lines: string[] = []
  const local = new LocalEnvironment({
    clock: systemClock,
    logger: silentLogger,
    entry: await entryOf(body),
    execArgv: [],
    onChildLine: (line) => lines.push(line),
  })
  return { local, lines }
}

const isDeath =
  (role: string, ...words: RegExp[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AppError && error.code === 'INTERNAL')
    for (const pattern of [new RegExp(`process of a ${role} ended by itself`), ...words])
      assert.match(error.message, pattern)
    return true
  }

describe('the environment on one machine', () => {
  it('a driver that dies is told with its exit code and its last lines', async () => {
    const { local, lines } = await open(dying)
    local.startDriver(['127.0.0.1'])
    await assert.rejects(local.failed, isDeath('driver', /exit code 3/, /Error: no such module/))
    assert.deepEqual(lines, ['loading', 'Error: no such module'])
    await local.close()
  })

  it('a driver that is killed is told with its signal, and a last line without an end', async () => {
    const { local } = await open(
      `process.stderr.write('half a line', () => process.kill(process.pid, 'SIGKILL'))`,
    )
    local.startDriver([])
    await assert.rejects(local.failed, isDeath('driver', /SIGKILL/, /half a line/))
    await local.close()
  })

  it('a built-in target that dies before it listens is told at once', async () => {
    const { local } = await open(dying)
    await assert.rejects(local.startTarget(), isDeath('target', /no such module/))
    await local.close()
  })

  it('the allow list goes to the driver as arguments, and the target says where it listens', async () => {
    const { local, lines } = await open(`
      process.once('disconnect', () => process.exit())
      if (role === 'target') process.send({ url: 'http://127.0.0.1:1/' })
      else console.error(process.argv.slice(2).join(' '))
      process.on('message', () => {})`)
    assert.equal(await local.startTarget(), 'http://127.0.0.1:1/')
    local.startDriver(['127.0.0.1', 'example.com'])
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.deepEqual(lines, ['driver --link --allow-target 127.0.0.1 --allow-target example.com'])
    await local.close()
  })

  it('children that were asked to go are no failure', async () => {
    const { local } = await open(
      `process.once('disconnect', () => process.exit(1)); process.on('message', () => {})`,
    )
    local.startDriver([])
    local.startDriver([])
    let failed = false
    local.failed.catch(() => {
      failed = true
    })
    await local.close()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(failed, false)
  })
})

describe('a run whose parts cannot start', () => {
  const run = async (body: string) => {
    const program = new FakeProgram(['run', 'builtin', '--rate', '10/s', '--duration', '1s', '--json'], {
      entry: await entryOf(body),
    })
    const exitCode = await program.run()
    return { exitCode, stdout: program.stdout.text, listeners: program.listeners }
  }

  it('fails when a driver dies, long before its deadline, with what it said', async () => {
    const begunMs = performance.now()
    const { exitCode, stdout, listeners } = await run(`
      if (role === 'driver') { ${dying} }
      process.once('disconnect', () => process.exit())
      process.send({ url: 'http://127.0.0.1:1/' })`)
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
    assert.deepEqual([exitCode, error.code, listeners], [1, 'INTERNAL', 0])
    assert.match(error.message, /process of a driver ended by itself \(exit code 3\).*no such module/s)
    assert.ok(performance.now() - begunMs < 8000, 'it waited for the deadline')
  })

  it('fails when the built-in target dies', async () => {
    const { exitCode, stdout } = await run(`if (role === 'target') { ${dying} }
      process.once('disconnect', () => process.exit()); process.on('message', () => {})`)
    assert.equal(exitCode, 1)
    assert.match(JSON.parse(stdout).error.message, /process of a target ended by itself/)
  })
})

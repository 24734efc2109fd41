import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, it } from 'node:test'
import { rootDirectory } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/** By the files that `npm start` and `npx groundswell` call, on this Node. */
const exitCodeOf = (file: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(rootDirectory, file), ...args], { cwd: rootDirectory }, (error) =>
      resolve(typeof error?.code === 'number' ? error.code : error === null ? 0 : -1),
    )
  })

/** One that is too old for the program, as a user's shell may have; undefined where there is none. */
const olderNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'node'))
  .find((file) => existsSync(file) && majorOf(file) < 24)

function majorOf(file: string): number {
  if (realpathSync(file) === realpathSync(process.execPath)) return Number.POSITIVE_INFINITY
  return Number.parseInt(execFileSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10)
}

/** The target in its own process, by the command that `npx` calls. */
const startTarget = async (node: string) => {
  const file = join(rootDirectory, 'bin', 'groundswell.mjs')
  const child = spawn(node, [file, 'target', '--port', '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  const ended = once(child, 'exit')
  const url = await waitFor('the target', () => /Serving (\S+) /.exec(told)?.[1], 60_000)
  const serves = (): Promise<boolean> =>
    fetch(`${url}/ping`).then(
      ({ ok }) => ok,
      () => false,
    )
  // It listens to signals only after it said so.
  await waitFor('its first answer', serves)
  return { child, serves, told: () => told, ended }
}

describe('what npm start and npx call', () => {
  it('passes the exit code of the program on', async () => {
    const dev = join('scripts', 'groundswell-dev.mjs')
    const bin = join('bin', 'groundswell.mjs')
    assert.equal(await exitCodeOf(bin, ['--version']), 0)
    assert.equal(await exitCodeOf(bin, ['validate', 'no-such-file.yaml']), 2)
    assert.equal(await exitCodeOf(dev, ['start', 'no-such-file.yaml']), 2)
    assert.equal(await exitCodeOf(dev, ['start', '--frobnicate']), 2)
    assert.equal(
      await exitCodeOf(bin, ['run', 'http://127.0.0.1:1/', '--rate', '5/s', '--requests', '1', '-q']),
      1,
    )
    const directory = await mkdtemp(join(tmpdir(), 'groundswell-wrapper-'))
    try {
      const file = join(directory, 'broken.yaml')
      await writeFile(file, 'http: builtin\nload: { rate: 20/s, duration: 500ms }\nslo: p99 < 1us\n')
      assert.equal(await exitCodeOf(dev, ['start', file, '--quiet']), 99)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  for (const [which, node] of [
    ['that will do', process.execPath],
    // Where PATH has one.
    ...(olderNode === undefined ? [] : [['that is too old', olderNode] as const]),
  ] as const)
    describe(`on a Node ${which}`, () => {
      it('is killed as a whole', async () => {
        const { child, serves, ended } = await startTarget(node)
        child.kill('SIGKILL')
        assert.deepEqual(await ended, [null, 'SIGKILL'])
        try {
          await waitFor('the end of the program', async () => !(await serves()), 30_000)
        } finally {
          // One that goes on would keep this end of its stream, and so this test, alive.
          child.stderr.destroy()
        }
      })

      it('passes signals on', async () => {
        const { child, ended, told } = await startTarget(node)
        child.kill('SIGTERM')
        assert.deepEqual(await ended, [0, null])
        await waitFor('its last line', () => /Received \d+ requests/.test(told()))
      })
    })
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { rootDirectory } from '../run-program.ts'

/** By the files that `npm start` and `npx groundswell` call, on this Node. */
const exitCodeOf = (file: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(rootDirectory, file), ...args], { cwd: rootDirectory }, (error) =>
      resolve(typeof error?.code === 'number' ? error.code : error === null ? 0 : -1),
    )
  })

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
})

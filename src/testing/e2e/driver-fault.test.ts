import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { mainFile, rootDirectory } from '../run-program.ts'

/** Runs a shell script in a network namespace of its own, with loopback up, as its root. */
const inOwnNetwork = (script: string) =>
  spawnSync('unshare', ['--map-root-user', '--net', 'sh', '-c', `ip link set lo up && ${script}`], {
    cwd: rootDirectory,
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined } as NodeJS.ProcessEnv,
    timeout: 60_000,
  })

const program = `'${process.execPath}' '${mainFile}'`
const canUnshare = inOwnNetwork('true').status === 0

describe('what is the fault of the driver and not of the target', () => {
  it('no local port is left: the run is degraded and says what to raise', {
    skip: canUnshare ? false : 'needs network namespaces (unshare of util-linux, ip of iproute2)',
  }, () => {
    const { status, stdout, stderr } = inOwnNetwork(
      `echo 40000 40019 > /proc/sys/net/ipv4/ip_local_port_range && ${program} run builtin --avalanche 60 --requests 2000 --json`,
    )
    assert.equal(status, 97, stderr)
    const result = JSON.parse(stdout) as RunResult
    assert.equal(result.outcome, 'degraded')
    assert.ok((result.totals.unsentReasons.noPorts ?? 0) > 0)
    assert.deepEqual(result.totals.errors, {}, 'the target did nothing wrong')
    assert.match(result.why[0] ?? '', /ran out of local ports.*ip_local_port_range/)
  })

  it('fewer descriptors than connections: refused before the start, with what to raise', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `ulimit -n 80; ${program} run builtin --avalanche 60 --requests 500`],
      {
        cwd: rootDirectory,
        encoding: 'utf8',
        env: { ...process.env, NODE_TEST_CONTEXT: undefined } as NodeJS.ProcessEnv,
      },
    )
    assert.equal(status, 1, stderr)
    assert.match(stderr, /100 connections need 150 open files/)
    assert.match(stderr, /ulimit -n/)
  })
})

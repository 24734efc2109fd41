import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandLine, readProcess, readTree } from './process-tree.ts'
import { startTimed } from './timed-process.ts'

const isLinux = process.platform === 'linux'

test('the system accounts for the CPU of a command and of those that it started', {
  skip: !isLinux,
}, async () => {
  const spin = 'const end = process.cpuUsage().user + 150000; while (process.cpuUsage().user < end);'
  const { ended } = startTimed({ file: 'bash', args: ['-c', `"$0" -e '${spin}'; exit 3`, process.execPath] })
  const { exitCode, stdout, stderr, cpuUs } = await ended
  assert.deepEqual([exitCode, stdout, stderr], [3, '', ''])
  assert.ok(cpuUs >= 150_000 && cpuUs < 10_000_000, `${cpuUs} us`)
})

test('a tree of processes begins with its root, and a process that is not there has no figures', {
  skip: !isLinux,
}, () => {
  assert.equal(readTree(process.ppid)[0]?.pid, process.ppid)
  assert.ok(readTree(process.ppid).some(({ pid }) => pid === process.pid))
  assert.equal(readProcess(process.pid)?.parent, process.ppid)
  assert.equal(readProcess(2 ** 30), undefined)
  assert.deepEqual(commandLine(2 ** 30), [])
})

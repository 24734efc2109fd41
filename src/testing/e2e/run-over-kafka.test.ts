import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../components.ts'
import { startRealTarget } from '../real-target.ts'
import { RoleCluster } from '../role-cluster.ts'
import { resultOf } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/** Drivers register and get ready on a machine that may be busy. */
const patient = ['--set', 'start.deadline=120s', '--json']

describe('run --kafka, with drivers in processes of their own', { skip: skipWithout('kafka') }, () => {
  it('carries the whole load out on drivers that were up, and forks none', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const drivers = await cluster.startDrivers(2)
    const load = ['--rate', '200/s', '--duration', '2s', '--drivers', '2']
    const end = await cluster.startRun([target.url, ...load, ...patient]).ended
    assert.equal(end.exitCode, 0, end.stderr)
    const result = resultOf(end)
    assert.equal(result.totals.sent, 400)
    assert.equal(target.received, 400)
    assert.deepEqual(result.drivers.map(({ id }) => id).sort(), drivers.map(({ id }) => id).sort())
    // The same drivers carry the next run.
    const again = resultOf(await cluster.startRun([target.url, ...load, ...patient]).ended)
    assert.equal(again.totals.sent, 400)
  })

  it('no drivers, or fewer than asked: one clear error with how many there are, exit 1', async () => {
    await using cluster = new RoleCluster()
    const args = [
      'http://127.0.0.1:1/',
      '--rate',
      '10/s',
      '--duration',
      '1s',
      '--set',
      'start.deadline=1500ms',
    ]
    const none = await cluster.startRun([...args, '--json']).ended
    assert.equal(none.exitCode, 1)
    assert.equal(JSON.parse(none.stdout).error.code, 'DRIVERS_MISSING')
    assert.match(none.stderr, /asks for 1 driver/)
    await cluster.startDriver()
    const fewer = await cluster.startRun([...args, '--set', 'start.deadline=4s', '--drivers', '3']).ended
    assert.equal(fewer.exitCode, 1)
    assert.match(fewer.stderr, /asks for 3 drivers.* 1 /)
    assert.doesNotMatch(fewer.stderr, /\n\s+at /)
  })

  it("a target that is not on a driver's list: refused by the driver that is named, exit 2", async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const driver = await cluster.startDriver(['--allow-target', '10.99.0.0/16'])
    const end = await cluster.startRun([target.url, '--rate', '10/s', '--duration', '1s', ...patient]).ended
    assert.equal(end.exitCode, 2, end.stderr)
    const { error } = JSON.parse(end.stdout)
    assert.equal(error.code, 'TARGET_NOT_ALLOWED')
    assert.match(error.message, new RegExp(driver.id))
    assert.match(error.hint, /--allow-target/)
    assert.equal(target.received, 0)
  })

  it('a driver that leaves in the middle says so: the run is degraded, the driver ends with 0', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const [leaver] = await cluster.startDrivers(2)
    const load = ['--rate', '100/s', '--duration', '10s', '--drivers', '2']
    const run = cluster.startRun([target.url, ...load, ...patient])
    await waitFor('some load', () => target.received > 100, 120_000)
    const left = await leaver?.signal('SIGTERM')
    assert.equal(left?.exitCode, 0, left?.stderr)
    const end = await run.ended
    assert.equal(end.exitCode, 97, end.stderr)
    const result = resultOf(end)
    assert.equal(result.outcome, 'degraded')
    assert.deepEqual(
      result.gaps.map(({ driver, share }) => [driver, share]),
      [[leaver?.id, 0.5]],
    )
    assert.match(result.why.join(' '), new RegExp(`${leaver?.id} .*50 % of the load is missing`))
    assert.equal(result.totals.sent, target.received)
  })

  it('SIGTERM ends the run in good order, exit 143, and its drivers are free again', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const driver = await cluster.startDriver()
    const run = cluster.startRun([target.url, '--rate', '100/s', '--duration', '10m', ...patient])
    await waitFor('some load', () => target.received > 50, 120_000)
    run.child.kill('SIGTERM')
    const end = await run.ended
    assert.equal(end.exitCode, 143, end.stderr)
    assert.equal(resultOf(end).totals.sent, target.received)
    await driver.said(
      'now idle',
      driver.log().findIndex(({ msg }) => msg === 'now running'),
    )
  })

  it('killed with -9: its driver stops by itself and carries the next run', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const driver = await cluster.startDriver(['--silence-limit', '3s'])
    const run = cluster.startRun([target.url, '--rate', '50/s', '--duration', '10m', ...patient])
    await waitFor('some load', () => target.received > 25, 120_000)
    run.child.kill('SIGKILL')
    await run.ended
    await driver.said(
      'now idle',
      driver.log().findIndex(({ msg }) => msg === 'now running'),
    )
    const before = target.received
    const next = await cluster.startRun([target.url, '--rate', '50/s', '--requests', '50', ...patient]).ended
    assert.equal(next.exitCode, 0, next.stderr)
    assert.equal(target.received - before, 50, 'nothing but the next run was made')
  })
})

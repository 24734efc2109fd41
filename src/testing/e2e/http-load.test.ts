import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startRealTarget } from '../real-target.ts'
import { resultOf, runProgramToEnd } from '../run-program.ts'

/** Sent by us, answered to us and received by the target are one number. */
const assertAllReceived = (result: ReturnType<typeof resultOf>, received: number): void => {
  assert.equal(result.totals.sent, received, 'sent = received')
  assert.equal(result.totals.answered, received, 'answered = received')
  assert.equal(result.totals.status['200'], received)
  assert.equal(result.responseTimeMs.count, received)
  assert.equal(
    result.drivers.reduce((sum, driver) => sum + (driver.totals.sent ?? 0), 0),
    received,
    'sum of the drivers',
  )
}

describe('an HTTP load test on this machine, end to end', () => {
  it('open loop: two drivers make exactly the rate they share', async () => {
    await using target = await startRealTarget()
    const args = ['run', target.url, '--rate', '400/s', '--duration', '2s', '--drivers', '2', '--json']
    const end = await runProgramToEnd(args)
    assert.equal(end.exitCode, 0, end.stderr)
    const result = resultOf(end)
    assert.equal(target.received, 800)
    assertAllReceived(result, 800)
    assert.deepEqual(
      result.drivers.map((driver) => driver.totals.sent),
      [400, 400],
    )
    assert.equal(result.outcome, 'passed')
  })

  it('avalanche: exactly so many requests in total, over two drivers', async () => {
    await using target = await startRealTarget()
    const args = ['run', target.url, '--avalanche', '20', '--requests', '5001', '--drivers', '2', '--json']
    const end = await runProgramToEnd(args)
    assert.equal(end.exitCode, 0, end.stderr)
    assert.equal(target.received, 5001)
    assertAllReceived(resultOf(end), 5001)
  })

  it('avalanche with a new connection each: as many connections as requests', async () => {
    await using target = await startRealTarget()
    const args = [
      'run',
      target.url,
      '--avalanche',
      '5',
      '--requests-per-driver',
      '200',
      '--set',
      'http.reuse=false',
    ]
    const end = await runProgramToEnd([...args, '--json'])
    assert.equal(end.exitCode, 0, end.stderr)
    const result = resultOf(end)
    assertAllReceived(result, 200)
    assert.equal(new Set(target.arrivals.map(({ client }) => client)).size, 200)
  })

  it('tsunami: each driver keeps its gap although every answer takes longer than it', async () => {
    await using target = await startRealTarget((_request, response) => {
      setTimeout(() => response.end('slow'), 500)
    })
    const args = ['run', target.url, '--tsunami', '100ms', '--requests-per-driver', '15', '--json']
    const end = await runProgramToEnd(args)
    assert.equal(end.exitCode, 0, end.stderr)
    assert.equal(target.received, 15)
    assertAllReceived(resultOf(end), 15)
    const times = target.arrivals.map(({ atMs }) => atMs)
    const lastMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
    assert.ok(
      Math.abs(lastMs - 1400) < 150,
      `15 requests with a gap of 100 ms took ${lastMs} ms from first to last`,
    )
  })

  it('a target that stops for 1 s in every 10 s: response time tells it, service time does not', async () => {
    let stalledUntilMs = 0
    const begunMs = performance.now()
    const held: (() => void)[] = []
    const stalls = setInterval(() => {
      const phaseMs = (performance.now() - begunMs) % 10_000
      if (phaseMs >= 5000 && phaseMs < 6000) stalledUntilMs = performance.now() + (6000 - phaseMs)
      else for (const answer of held.splice(0)) answer()
    }, 5)
    await using target = await startRealTarget((_request, response) => {
      const answer = () => response.end('ok')
      if (performance.now() < stalledUntilMs) held.push(answer)
      else answer()
    })
    const args = ['run', target.url, '--rate', '1000/s', '--duration', '10s', '--connections', '50', '--json']
    const end = await runProgramToEnd(args)
    clearInterval(stalls)
    assert.equal(end.exitCode, 0, end.stderr)
    const result = resultOf(end)
    assert.equal(result.totals.sent, 10_000)
    assertAllReceived(result, target.received)
    assert.ok((result.responseTimeMs.p99 ?? 0) >= 800, `p99 response time ${result.responseTimeMs.p99} ms`)
    const closedLoop = result.serviceTimeMs.p99 ?? Number.POSITIVE_INFINITY
    assert.ok(closedLoop < 400, `p99 service time ${closedLoop} ms: what a closed-loop tool would have said`)
  })

  it('a server that answers 500 to some: they are answered, and errors of the kind check', async () => {
    await using target = await startRealTarget((_request, response, n) => {
      response.statusCode = n % 10 === 0 ? 500 : 200
      response.end('x')
    })
    const args = [
      'run',
      target.url,
      '--avalanche',
      '5',
      '--requests',
      '1000',
      '--slo',
      'errors < 5%',
      '--json',
    ]
    const end = await runProgramToEnd(args)
    assert.equal(end.exitCode, 99, 'an SLO was crossed')
    const result = resultOf(end)
    assert.equal(result.totals.answered, 1000)
    assert.deepEqual(result.totals.status, { 200: 900, 500: 100 })
    assert.deepEqual(result.totals.errors, { check: 100 })
    assert.equal(result.outcome, 'failed')
    assert.match(result.why.join(' '), /errors < 5%/)
  })

  it('the same seed asks for the same requests in the same order; another seed does not', async () => {
    const requested = async (seed: string): Promise<string[]> => {
      await using target = await startRealTarget()
      const url = `${target.url}/{{randomInt 1 1000000}}`
      const end = await runProgramToEnd([
        'run',
        url,
        '--rate',
        '200/s',
        '--requests',
        '40',
        '--seed',
        seed,
        '--json',
      ])
      assert.equal(end.exitCode, 0, end.stderr)
      return target.arrivals.map((arrival) => arrival.url).sort()
    }
    const [once, again, other] = [await requested('7'), await requested('7'), await requested('8')]
    assert.equal(once.length, 40)
    assert.deepEqual(once, again)
    assert.notDeepEqual(once, other)
  })
})

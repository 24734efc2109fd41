import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../lib/errors.ts'
import type { Operation } from '../../scenario/scenario.ts'
import {
  createWorkloadUnderTest,
  httpJob,
  httpScenario,
  journeySpec,
  measuredBy,
  requestSpec,
  startRecordingServer,
} from '../../testing/workload-run.ts'

test('a refused operation counts under the request it would have been, a refused journey under its first request too', async () => {
  const requests: Operation[] = [
    journeySpec([requestSpec({ name: 'login' }), requestSpec({ name: 'order' })]),
  ]
  const { workload, recorders } = createWorkloadUnderTest(
    httpScenario(httpJob(['http://127.0.0.1:9'], requests)),
  )
  await workload.open()
  workload.refuse(0, 'maxInFlight')
  workload.refuse(1, 'maxInFlight')
  await workload.close(0)
  const run = measuredBy(recorders)
  for (const name of ['journey journey', 'login']) {
    assert.deepEqual(run.measured(name).unsent, { maxInFlight: 2 })
    assert.equal(run.measured(name).refused, 2)
    assert.equal(run.measured(name).started, 0)
  }
  assert.throws(() => run.measured('order'), /nothing was measured/)
})

const badScenarios: { what: string; requests: Operation[]; code: string }[] = [
  {
    what: 'an unknown name in a template',
    requests: [requestSpec({ url: '/{{nobody}}' })],
    code: 'SCENARIO_INVALID',
  },
  {
    what: 'a column that no feeder has',
    requests: [requestSpec({ url: '/{{users.age}}' })],
    code: 'SCENARIO_INVALID',
  },
  {
    what: 'a variable used before it is captured',
    requests: [
      journeySpec([
        requestSpec({ url: '/{{t}}', captures: [{ kind: 'header', variable: 't', header: 'x' }] }),
      ]),
    ],
    code: 'SCENARIO_INVALID',
  },
  {
    what: 'a header that frames the body',
    requests: [requestSpec({ headers: { 'content-length': '1' } })],
    code: 'SCENARIO_INVALID',
  },
  {
    what: 'a file that did not arrive',
    requests: [requestSpec({ body: { kind: 'file', asset: { file: 'x', sha256: 'zz', sizeBytes: 1 } } })],
    code: 'INTERNAL',
  },
]
for (const { what, requests, code } of badScenarios)
  test(`${what} is refused before the start`, async () => {
    const { workload } = createWorkloadUnderTest(httpScenario(httpJob(['http://127.0.0.1:9'], requests)))
    await assert.rejects(workload.open(), (error) => error instanceof AppError && error.code === code)
    await workload.close(0)
  })

test('a target that does not answer is refused before the start, where the scenario asks for that', async (t) => {
  const server = await startRecordingServer(t)
  await server.close()
  const { workload } = createWorkloadUnderTest(
    httpScenario(httpJob([server.url], [requestSpec()], { preflight: true })),
  )
  await assert.rejects(
    workload.open(),
    (error) => error instanceof AppError && error.code === 'TARGET_UNREACHABLE',
  )
  await workload.close(0)
})

test('closing waits for answers, and no longer than it is told', async (t) => {
  const server = await startRecordingServer(t, (request, response) => {
    if (request.path === '/slow') setTimeout(() => response.end(), 30)
  })
  const answeredIn = async (url: string, graceMs: number): Promise<Record<string, unknown>> => {
    const { workload, recorders, ended } = createWorkloadUnderTest(
      httpScenario(httpJob([server.url], [requestSpec({ url })])),
    )
    await workload.open()
    workload.start(0, performance.now())
    assert.equal(workload.inFlight, 1)
    await workload.close(graceMs)
    await workload.close(graceMs)
    assert.equal(workload.inFlight, 0)
    assert.equal(ended(), 1)
    const { answered, errors } = measuredBy(recorders).measured('request')
    return { answered, errors }
  }
  assert.deepEqual(await answeredIn('/slow', 60_000), { answered: 1, errors: {} })
  assert.deepEqual(await answeredIn('/never', 5), { answered: 0, errors: { timeout: 1 } })
})

test('what waits for a connection when the run is stopped was never sent, and nothing more is', async (t) => {
  const pending: (() => void)[] = []
  const server = await startRecordingServer(t, (_, response) => pending.push(() => response.end()))
  const { workload, recorders } = createWorkloadUnderTest(
    httpScenario(httpJob([server.url], [requestSpec()], { connections: 1 })),
  )
  await workload.open()
  for (let index = 0; index < 3; index++) workload.start(index, performance.now())
  while (pending.length === 0) await new Promise(setImmediate)
  workload.cancelQueued()
  workload.start(3, performance.now())
  for (const answer of pending) answer()
  await workload.close(60_000)
  const { started, sent, answered, unsent } = measuredBy(recorders).measured('request')
  assert.deepEqual([started, sent, answered, unsent], [4, 1, 1, { stopped: 3 }])
  assert.equal(server.received.length, 1)
})

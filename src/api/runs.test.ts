import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Histogram } from '../measuring/histogram.ts'
import type { Distribution } from '../results/distribution.ts'
import type { RunResult, TimelineRow } from '../results/run-result.ts'
import { StoreUnavailable } from '../results/store/store-unavailable.ts'
import { ApiWorld } from '../testing/api-world.ts'
import { checkHtml } from '../testing/check-html.ts'
import { sampleResult } from '../testing/sample-result.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import { sampleSecond } from '../testing/sample-seconds.ts'
import { waitFor } from '../testing/wait-for.ts'
import type { RunList, Validation } from './answer-schemas.ts'
import type { Problem } from './problem.ts'

let world: ApiWorld

before(async () => {
  world = await ApiWorld.start()
})
after(() => world[Symbol.asyncDispose]())

const code = (answer: { json: unknown }): string => (answer.json as Problem).code

const create = async (
  scenario: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<string> => {
  const answer = await world.ask('POST', '/api/runs', { scenario, ...more })
  assert.equal(answer.status, 201, answer.text)
  const { id } = answer.json as RunResult
  assert.equal(answer.headers.get('location'), `/api/runs/${id}`)
  return id
}

const result = async (id: string): Promise<RunResult> =>
  (await world.ask('GET', `/api/runs/${id}`)).json as RunResult

const until = (id: string, state: string): Promise<unknown> =>
  waitFor(`run ${id} to be ${state}`, async () => (await result(id)).state === state, 30_000)

describe('a run by the API', () => {
  it('is created from YAML, makes its load, and is answered with what it measured', async () => {
    const received = world.target.received
    const text = `name: hello\ndrivers: 2\nhttp: ${world.target.url}\nload: { rate: 100/s, duration: 2s }\nslo: [ errors < 1% ]\n`
    const created = await world.ask('POST', '/api/runs?id=hello-1', text)
    assert.equal(created.status, 201, created.text)
    await until('hello-1', 'finished')
    const ended = await result('hello-1')
    assert.equal(ended.outcome, 'passed')
    assert.equal(ended.totals.sent, 200)
    assert.equal(world.target.received - received, 200)

    const timeline = await world.ask('GET', '/api/runs/hello-1/timeline')
    const rows = timeline.json as TimelineRow[]
    assert.equal(
      rows.filter(({ request }) => request === '*').reduce((sum, row) => sum + row.sent, 0),
      200,
    )
    const csv = await world.ask('GET', '/api/runs/hello-1/timeline', undefined, { accept: 'text/csv' })
    assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/)
    assert.equal(csv.text.trim().split('\r\n').length, rows.length + 1)

    const whole = (await world.ask('GET', '/api/runs/hello-1/seconds/0?to=1000')).json as Distribution
    const { histogram, figuresMs, bars } = whole.responseTime
    assert.deepEqual(figuresMs, ended.responseTimeMs)
    assert.equal(
      bars.reduce((sum, { count }) => sum + count, 0),
      200,
    )
    assert.equal(Histogram.decode(histogram.data, histogram.exact)?.count, 200)
    const first = (await world.ask('GET', '/api/runs/hello-1/seconds/0?request=GET%20/')).json as Distribution
    assert.equal(first.responseTime.figuresMs.count, rows[0]?.answered)

    assert.deepEqual(JSON.parse((await world.ask('GET', '/api/runs/hello-1/report.json')).text), ended)
    assert.match((await world.ask('GET', '/api/runs/hello-1/report.junit.xml')).text, /<testsuites/)
    assert.equal((await world.ask('GET', '/api/runs/hello-1/report.csv')).text, csv.text)
    const page = await world.ask('GET', '/api/runs/hello-1/report.html')
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(
      policy,
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:;.* frame-ancestors 'none'; sandbox allow-scripts$/,
    )
    const { faults, text: shown } = checkHtml(page.text)
    assert.deepEqual(faults, [])
    assert.match(shown, /200 requests started, 200 answered/)
    const markdown = await world.ask('GET', '/api/runs/hello-1/report.md')
    assert.equal(markdown.headers.get('content-type'), 'text/markdown; charset=utf-8')
    assert.match(markdown.text, /\| requests \| 200 operations \| 200 sent, 200 answered \|/)
  })

  it('is paused, resumed, made faster and stopped, and each command is on record', async () => {
    const id = await create(world.scenario(50, 600))
    assert.equal(code(await world.ask('POST', `/api/runs/${id}/pause`)), 'RUN_NOT_READY')
    await until(id, 'running')
    assert.equal((await world.ask('POST', `/api/runs/${id}/pause`)).status, 202)
    await until(id, 'paused')
    assert.equal((await world.ask('POST', `/api/runs/${id}/resume`)).status, 202)
    await until(id, 'running')
    assert.equal((await world.ask('POST', `/api/runs/${id}/rate`, { scale: 2 })).status, 202)
    assert.equal(
      (await world.ask('POST', `/api/runs/${id}/steer`, { command: 'rate', scale: 0.5 })).status,
      202,
    )
    for (const scale of [0, 1001, 999_999.99])
      assert.equal(code(await world.ask('POST', `/api/runs/${id}/rate`, { scale })), 'REQUEST_INVALID')
    assert.equal(code(await world.ask('POST', `/api/runs/${id}/trigger`)), 'RUN_BEGUN')
    assert.equal(code(await world.ask('DELETE', `/api/runs/${id}`)), 'RUN_ACTIVE')
    assert.equal((await world.ask('POST', `/api/runs/${id}/stop`)).status, 202)
    await until(id, 'finished')
    const { steering, outcome } = await result(id)
    assert.equal(outcome, 'stopped')
    assert.deepEqual(
      steering.map(({ command, scale, by }) => [command, scale, by]),
      [
        ['pause', null, 'api'],
        ['resume', null, 'api'],
        ['rate', 2, 'api'],
        ['rate', 0.5, 'api'],
        ['stop', null, 'api'],
      ],
    )
    assert.equal(code(await world.ask('POST', `/api/runs/${id}/stop`)), 'RUN_FINISHED')
  })

  it('that is held waits, ready, for its trigger', async () => {
    const id = await create(world.scenario(50, 1), { hold: true })
    await until(id, 'ready')
    assert.equal((await world.ask('POST', `/api/runs/${id}/trigger`)).status, 202)
    await until(id, 'finished')
    assert.equal((await result(id)).totals.sent, 50)
  })

  it('is made once, however often the same is asked', async () => {
    const body = { id: 'once', scenario: world.scenario(10, 1) }
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.ask('POST', '/api/runs', body)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(9).fill(200), 201])
    for (const answer of answers) {
      assert.equal((answer.json as RunResult).id, 'once')
      assert.equal(answer.headers.get('location'), '/api/runs/once')
    }
    const other = await world.ask('POST', '/api/runs', { id: 'once', scenario: world.scenario(11, 1) })
    assert.equal(other.status, 409)
    assert.equal(code(other), 'RUN_EXISTS')
    await until('once', 'finished')
    world.keep('once')
    // Now from the store, as after a restart.
    const past = await ApiWorld.start({ drivers: 0, store: world.store })
    try {
      assert.equal((await past.ask('POST', '/api/runs', body)).status, 200)
      assert.equal(
        code(await past.ask('POST', '/api/runs', { ...body, scenario: world.scenario(11, 1) })),
        'RUN_EXISTS',
      )
      const seeded = { ...body, scenario: { ...world.scenario(10, 1), seed: 1 } }
      assert.equal(code(await past.ask('POST', '/api/runs', seeded)), 'RUN_EXISTS')
    } finally {
      await past[Symbol.asyncDispose]()
    }
  })

  it('sees no file and no variable of the orchestrator, only what is sent with it', async () => {
    const http = {
      target: world.target.url,
      feeders: { users: 'users.csv' },
      requests: [{ get: '/{{users.name}}', headers: { authorization: `Bearer $${'{PATH}'}` } }],
    }
    const scenario = { http, load: { rate: '10/s', duration: '1s' } }
    const validate = async (more: Record<string, unknown>) =>
      (await world.ask('POST', '/api/scenarios/validate', { scenario, ...more })).json as Validation
    const refused = await validate({})
    assert.match(JSON.stringify(refused.faults), /was not sent with the scenario/)
    assert.match(JSON.stringify(refused.faults), /PATH is not set/)
    for (const file of ['/etc/passwd', '../../../../etc/passwd', 'package.json', '/proc/self/environ']) {
      const answer = await validate({
        scenario: { ...scenario, http: { ...http, feeders: { users: file } } },
        env: { PATH: 'x' },
      })
      assert.match(JSON.stringify(answer.faults), /was not sent/, file)
    }
    const assets = { 'users.csv': Buffer.from('name\nann\n').toString('base64') }
    assert.equal((await validate({ assets, env: { PATH: 'x' } })).valid, true)
    assert.match(
      JSON.stringify((await validate({ assets: { 'users.csv': '!' }, env: { PATH: 'x' } })).faults),
      /base64/,
    )
    const id = await create(scenario, { assets, env: { PATH: 'planted-secret' } })
    await until(id, 'finished')
    assert.equal((await result(id)).totals.sent, 10)
    assert.ok(world.target.arrivals.some(({ url }) => url === '/ann'))
    for (const path of [`/api/runs/${id}`, '/api/runs', '/metrics', `/api/runs/${id}/report.json`])
      assert.equal((await world.ask('GET', path)).text.includes('planted-secret'), false, path)
    assert.equal(world.logged.join('\n').includes('planted-secret'), false)
  })

  it('of a wrong scenario is refused with every fault at its line', async () => {
    const text = 'http: http://127.0.0.1:1\nload: { rat: 5/s }\nslo: [ p99 < fast ]\n'
    const validation = (await world.ask('POST', '/api/scenarios/validate', text)).json as Validation
    assert.equal(validation.valid, false)
    assert.deepEqual(
      validation.faults.map(({ line, path }) => [line, path]),
      [
        [2, 'load.rat'],
        [3, 'slo[0]'],
      ],
    )
    const refused = await world.ask('POST', '/api/runs', text)
    assert.equal(refused.status, 422)
    assert.match(refused.headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.deepEqual((refused.json as Problem).faults, validation.faults)
    const builtin = await world.ask('POST', '/api/runs', 'http: builtin\nload: { rate: 5/s, duration: 1s }\n')
    assert.equal(code(builtin), 'SCENARIO_INVALID')
    assert.match(builtin.text, /built-in target is not there/)
  })

  it('waits in the queue while the drivers are busy; a queue that is full refuses', async () => {
    const queued = await ApiWorld.start({ drivers: 1, maxQueued: 2 })
    try {
      const ask = () => queued.ask('POST', '/api/runs', { scenario: { ...queued.scenario(20, 600, 1) } })
      const first = (await ask()).json as RunResult
      await waitFor('the first to run', () => queued.run(first.id).state.phase === 'running')
      const second = (await ask()).json as RunResult
      assert.equal((await ask()).status, 201)
      const refused = await ask()
      assert.equal(refused.status, 429)
      assert.equal(code(refused), 'QUEUE_FULL')
      const state = async (id: string) =>
        ((await queued.ask('GET', `/api/runs/${id}`)).json as RunResult).state
      assert.equal(await state(second.id), 'queued')
      await queued.ask('POST', `/api/runs/${first.id}/stop`)
      await waitFor('the second to run', async () => (await state(second.id)) === 'running', 30_000)
    } finally {
      await queued[Symbol.asyncDispose]()
    }
  })
})

describe('runs of the past', () => {
  it('are listed with those that go on, newest first, page by page, none twice', async () => {
    const past = await ApiWorld.start({ drivers: 1 })
    try {
      for (let i = 0; i < 25; i++)
        past.store.keep(
          sampleResult({ id: `old-${i}`, createdAt: new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString() }),
        )
      for (const id of ['new-1', 'new-2', 'new-3'])
        await past.ask('POST', '/api/runs', { id, scenario: past.scenario(10, 600, 1) })
      // One that is live and in the store as well.
      await waitFor('a driver', () => past.run('new-1').state.phase === 'running')
      past.keep('new-1')
      const seen: string[] = []
      let before = ''
      for (;;) {
        const page = (await past.ask('GET', `/api/runs?limit=2${before}`)).json as RunList
        assert.ok(page.runs.length <= 2)
        seen.push(...page.runs.map(({ id }) => id))
        if (page.next === null) break
        before = `&before=${page.next}`
      }
      const expected = ['new-3', 'new-2', 'new-1', ...Array.from({ length: 25 }, (_, i) => `old-${24 - i}`)]
      assert.deepEqual([...seen].sort(), [...expected].sort())
      assert.deepEqual(seen.slice(3), expected.slice(3))
    } finally {
      await past[Symbol.asyncDispose]()
    }
  })

  it('are answered from the store, and removed', async () => {
    const stored = sampleResult({ id: 'past' })
    world.store.keep(stored, [sampleSecond(0, 1000), sampleSecond(1, 2000, 3000)])
    assert.deepEqual(await result('past'), JSON.parse(JSON.stringify(stored)))
    const rows = (await world.ask('GET', '/api/runs/past/timeline?request=*&from=1')).json as TimelineRow[]
    assert.deepEqual(
      rows.map(({ second, answered }) => [second, answered]),
      [[1, 2]],
    )
    assert.equal(code(await world.ask('POST', '/api/runs/past/stop')), 'RUN_FINISHED')
    assert.equal((await world.ask('DELETE', '/api/runs/past')).status, 204)
    assert.equal(code(await world.ask('GET', '/api/runs/past')), 'RUN_UNKNOWN')
    assert.equal(code(await world.ask('DELETE', '/api/runs/past')), 'RUN_UNKNOWN')
  })

  it('that nobody goes on with are told from all their seconds, and as degraded', async () => {
    const record = sampleScenario({ load: rateOf(100, 10_000), drivers: 1 })
    const createdAtMs = 1_000_000
    const chosen = { id: 'd-1', pid: 1, isAbsent: false, isForeign: false, clock: null }
    world.store.journals.set('left', {
      id: 'left',
      createdAtMs,
      record,
      events: [
        { type: 'configured', atMs: createdAtMs, drivers: [chosen] },
        { type: 'triggered', atMs: createdAtMs, startAtMs: createdAtMs, ready: ['d-1'] },
      ],
    })
    const waiting = sampleResult({
      id: 'left',
      state: 'queued',
      outcome: null,
      startedAt: null,
      finishedAt: null,
    })
    world.store.keep(waiting, [sampleSecond(0, 1000), sampleSecond(1, 2000, 3000)])
    const told = await result('left')
    assert.deepEqual([told.state, told.outcome, told.totals.answered], ['finished', 'degraded', 3])
    const { text } = await world.ask('GET', '/api/runs/left/report.html')
    assert.match(
      checkHtml(text).text,
      /Degraded: no verdict is safe[\s\S]*nothing was written of this run since/,
    )
    assert.equal(world.store.results.get('left')?.state, 'queued', 'looking changes nothing')
  })

  it('are 503 while the store is away, and runs that go on go on', async () => {
    const id = await create(world.scenario(20, 600))
    world.store.keep(sampleResult({ id: 'stored' }))
    world.store.isAway = true
    try {
      await until(id, 'running')
      const away = await world.ask('GET', '/api/runs/stored')
      assert.equal(away.status, 503)
      assert.equal(code(away), 'STORE_UNAVAILABLE')
      assert.equal(away.text.includes('/secret/place'), false)
      for (const path of ['', '/timeline', '/seconds/0', '/report.csv'])
        assert.equal((await world.ask('GET', `/api/runs/${id}${path}`)).status, 200, path)
      for (const path of ['/timeline', '/seconds/0', '/report.json', '/events'])
        assert.equal((await world.ask('GET', `/api/runs/stored${path}`)).status, 503, path)
      const list = (await world.ask('GET', '/api/runs')).json as RunList
      assert.ok(list.runs.some((run) => run.id === id))
      assert.equal(list.storeError, 'The results store does not answer.')
      const readiness = await world.ask('GET', '/readyz')
      assert.equal(readiness.status, 503)
      assert.deepEqual(readiness.json, { status: 'unready', bus: 'ok', store: 'away' })
      assert.equal(
        code(await world.ask('POST', '/api/runs', { id: 'x', scenario: world.scenario() })),
        'STORE_UNAVAILABLE',
      )
      assert.equal((await world.ask('POST', `/api/runs/${id}/stop`)).status, 202)
      await until(id, 'finished')
    } finally {
      world.store.isAway = false
    }
    assert.equal((await world.ask('GET', '/readyz')).status, 200)
  })

  it('a store that answers and takes nothing is told, and new runs are taken all the same', async () => {
    let isWritten = false
    await using full = await ApiWorld.start({ drivers: 0, isStoreWritten: () => isWritten })
    const told = await full.ask('GET', '/readyz')
    assert.deepEqual([told.status, told.json], [200, { status: 'ok', bus: 'ok', store: 'unwritten' }])
    assert.equal((await full.ask('POST', '/api/runs', { scenario: full.scenario() })).status, 201)
    isWritten = true
    assert.deepEqual((await full.ask('GET', '/readyz')).json, { status: 'ok', bus: 'ok', store: 'ok' })
  })

  it('a store that deletes nothing says why, as far as that tells nothing of this machine', async () => {
    world.store.keep(sampleResult({ id: 'kept' }))
    const { deleteRun } = world.store
    const cases: [error: StoreUnavailable, detail: string][] = [
      [
        new StoreUnavailable('/secret/place', 'no space left on the disk', { isPublic: true }),
        'The results store cannot be used: no space left on the disk.',
      ],
      [
        new StoreUnavailable('/secret/place', 'secret.example refuses', { isPublic: false }),
        'The results store does not answer.',
      ],
    ]
    try {
      for (const [error, detail] of cases) {
        Object.assign(world.store, { deleteRun: () => Promise.reject(error) })
        const answer = await world.ask('DELETE', '/api/runs/kept')
        assert.deepEqual([answer.status, (answer.json as { detail: string }).detail], [503, detail])
      }
    } finally {
      Object.assign(world.store, { deleteRun })
    }
  })
})

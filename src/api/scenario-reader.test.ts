import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { ScenarioInvalid } from '../scenario/scenario-faults.ts'
import { defaultLimits } from './api-options.ts'
import { RawBody } from './route.ts'
import { ScenarioReader } from './scenario-reader.ts'

const limits = { parseMs: 2000, scenarioBytes: defaultLimits.scenarioBytes }
const small = 'http: http://127.0.0.1:9/ping\nload: { rate: 5/s, duration: 1s }\n'

const withFeeder = `
http:
  target: http://127.0.0.1:9
  feeders: { u: u.csv }
  auth: { bearer: "$\{TOKEN}" }
  requests: [{ get: "/{{u.user}}" }]
load: { rate: 5/s, duration: 1s }
`

const yaml = (text: string): RawBody => new RawBody('yaml', Buffer.from(text))
const json = (value: unknown): RawBody =>
  new RawBody('json', Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))

const open = (more: Partial<typeof limits> = {}): ScenarioReader =>
  new ScenarioReader({ clock: systemClock, drawSeed: () => 7, limits: { ...limits, ...more } })

const refusal = (reader: ScenarioReader, body: RawBody, makesRun = false): Promise<AppError> =>
  reader.read(body, makesRun).then(
    () => assert.fail('it was read'),
    (error: unknown) => {
      assert.ok(error instanceof AppError, String(error))
      return error
    },
  )

describe('reading scenarios in a thread', () => {
  let reader: ScenarioReader
  before(() => {
    reader = open()
  })
  after(() => reader.close())

  it('gives the scenario with its files, and what its request said beside it', async () => {
    const { file, loaded, id, hold } = await reader.read(
      json({
        id: 'r-1',
        hold: true,
        file: 'shop.yaml',
        scenarioText: withFeeder,
        env: { TOKEN: 'planted' },
        set: ['load.rate=9/s'],
        assets: { 'u.csv': Buffer.from('user\nann\nbob\n').toString('base64') },
      }),
      true,
    )
    assert.deepEqual([file, id, hold], ['shop.yaml', 'r-1', true])
    assert.deepEqual([loaded.scenario.name, loaded.scenario.seed, loaded.seedDrawn], ['shop', 7, true])
    assert.deepEqual(
      [...loaded.assets.values()].map((bytes) => Buffer.from(bytes).toString()),
      ['user\nann\nbob\n'],
    )
    assert.equal(loaded.scenario.http.feeders.u?.rows, 2)
    assert.match(JSON.stringify(loaded.scenario), /planted/)
    assert.doesNotMatch(JSON.stringify(loaded.record), /planted/)
    assert.equal(loaded.scenario.load.kind === 'rate' && loaded.scenario.load.perSecond, 9)
  })

  it('sees neither files nor variables of this machine', async () => {
    process.env.GROUNDSWELL_PLANTED = 'seen'
    const { message } = await refusal(reader, yaml(`${small}labels: { a: "$\{GROUNDSWELL_PLANTED}" }`))
    assert.match(message, /GROUNDSWELL_PLANTED is not set/)
    const file =
      'http: { target: http://x, requests: [ { post: /, file: /etc/hostname } ] }\nload: { avalanche: 1, requests: 1 }'
    assert.match((await refusal(reader, yaml(file))).message, /it was not sent/)
  })

  it('brings faults over as they are', async () => {
    const error = await refusal(reader, json({ scenarioText: 'http: http://x\nlod: 1\n', file: 'a.yaml' }))
    assert.ok(error instanceof ScenarioInvalid)
    assert.deepEqual(
      [error.file, error.total, error.faults[0]?.line, error.faults[0]?.file],
      ['a.yaml', 1, 2, 'a.yaml'],
    )
    assert.match(error.message, /lod: 1/)
  })

  const table: [string, RawBody, string, RegExp][] = [
    [
      'a text above the limit',
      yaml('#'.repeat(limits.scenarioBytes + 200)),
      'BODY_TOO_LARGE',
      /1,048,576 bytes/,
    ],
    [
      'the same within JSON',
      json({ scenarioText: '#'.repeat(limits.scenarioBytes + 200) }),
      'BODY_TOO_LARGE',
      /1,048,576 bytes/,
    ],
    [
      'data above it',
      json({ scenario: { name: 'x'.repeat(limits.scenarioBytes + 200) } }),
      'BODY_TOO_LARGE',
      /1,048,576 bytes/,
    ],
    [
      'a value of the environment above it',
      json({ scenarioText: small, env: { A: 'x'.repeat(limits.scenarioBytes + 200) } }),
      'BODY_TOO_LARGE',
      /1,048,576 bytes/,
    ],
    ['JSON that opens and opens', json('['.repeat(30_000_000)), 'BODY_TOO_LARGE', /200,000 values/],
    [
      'JSON of many values',
      json(`{"scenario":{"a":[${'[],'.repeat(5_000_000)}0]}}`),
      'BODY_TOO_LARGE',
      /200,000 values/,
    ],
    ['JSON that ends in a text', json('{"scenario":"'), 'REQUEST_INVALID', /no JSON/],
    ['a prototype', json('{"scenarioText":"a","env":{"__proto__":"x"}}'), 'REQUEST_INVALID', /prototypes/],
    ['another one', json('{"scenario":{"constructor":{"prototype":{}}}}'), 'REQUEST_INVALID', /prototypes/],
    [
      'bytes that are no text',
      new RawBody('yaml', Buffer.from([0xff, 0xfe])),
      'SCENARIO_UNREADABLE',
      /UTF-8/,
    ],
    ['an id where no run is made', json({ scenarioText: small, id: 'r' }), 'REQUEST_INVALID', /id/],
  ]
  for (const [what, body, code, message] of table)
    it(`refuses ${what}: ${code}`, async () => {
      const error = await refusal(reader, body)
      assert.equal(error.code, code, error.message)
      assert.match(error.message, message)
    })

  it('counts no values within texts', async () => {
    const note = '[{,"\\'.repeat(60_000)
    const { loaded } = await reader.read(json({ scenarioText: small, set: [], env: { NOTE: note } }), false)
    assert.equal(loaded.scenario.drivers, 1)
  })
})

describe('a scenario that takes too much', () => {
  it('is given up, which holds up neither this process nor the next scenario', async () => {
    const reader = open({ parseMs: 300 })
    try {
      await reader.read(yaml(small), false)
      let turns = 0
      let isOver = false
      const turn = (): void => {
        turns++
        if (!isOver) setTimeout(turn, 1)
      }
      turn()
      // Half a minute of work, and gigabytes, for a parser.
      const error = await refusal(reader, yaml('['.repeat(1_000_000)))
      isOver = true
      assert.equal(error.code, 'BODY_TOO_LARGE')
      assert.match(error.message, /takes more (time|memory)/)
      assert.ok(turns > 20, `${turns} turns`)
      assert.equal((await reader.read(yaml(small), false)).loaded.scenario.drivers, 1)
    } finally {
      reader.close()
    }
  })

  it('is given up for its memory alone', async () => {
    const reader = open({ parseMs: 600_000 })
    try {
      const { code, message } = await refusal(reader, yaml('['.repeat(1_000_000)))
      assert.equal(code, 'BODY_TOO_LARGE')
      assert.match(message, /more memory/)
    } finally {
      reader.close()
    }
  })

  it('makes others wait, up to a hundred of them; more are refused at once', async () => {
    const reader = open()
    try {
      const reading = Array.from({ length: 101 }, () => reader.read(yaml(small), false))
      const { code } = await refusal(reader, yaml(small))
      assert.equal(code, 'QUEUE_FULL')
      for (const { loaded } of await Promise.all(reading)) assert.equal(loaded.scenario.seed, 7)
      assert.equal((await reader.read(yaml(small), false)).loaded.scenario.seed, 7)
    } finally {
      reader.close()
    }
  })

  it('is answered when the reader is closed meanwhile', async () => {
    const reader = open()
    const reading = Array.from({ length: 5 }, () => reader.read(yaml(small), false))
    reader.close()
    reading.push(reader.read(yaml(small), false))
    for (const one of await Promise.allSettled(reading))
      assert.match(one.status === 'rejected' ? String(one.reason) : one.status, /has ended/)
  })
})

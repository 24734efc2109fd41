import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { connectKafkaBus, type KafkaBus } from '../../bus/kafka/kafka-bus.ts'
import { topics } from '../../bus/topics.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { RunResult } from '../../results/run-result.ts'
import { certificateFile, keyFile } from '../certificates.ts'
import { type FreshDatabase, freshDatabase, skipWithout } from '../components.ts'
import { type KafkaBroker, startKafkaBroker } from '../kafka-broker.ts'
import { commandLines, filesIn, PlantedSecrets } from '../planted-secrets.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { type OrchestratorRole, RoleCluster } from '../role-cluster.ts'
import { type ProgramEnd, runProgramToEnd } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/**
 * Secrets are planted wherever one can enter, then everything that the program does is done with them, and all that comes
 * out is searched. They may be in two places alone: in the messages `test_config` and `asset`, which bring the scenario and
 * its files to the drivers; and in the requests to the target.
 */
const secrets = new PlantedSecrets()
const token = secrets.plant('API token', { isPlain: true })
const kafkaPassword = secrets.plant('Kafka password', { isPlain: true })
const storePassword = secrets.plant('Postgres password', { isPlain: true })
const scenarioSecrets = {
  BASIC: secrets.plant('basic password'),
  BEARER: secrets.plant('bearer token', { isPlain: true }),
  HEADER: secrets.plant('authorization header', { isPlain: true }),
  API_KEY: secrets.plant('x-api-key header', { isPlain: true }),
  COOKIE: secrets.plant('cookie', { isPlain: true }),
  BODY: secrets.plant('value in a JSON body'),
  FORM: secrets.plant('value in a form'),
  QUERY: secrets.plant('value in a query', { isPlain: true }),
  CHECK: secrets.plant('value in a check'),
}
const setSecret = secrets.plant('value of --set', { isPlain: true })
const feederSecret = secrets.plant('cell of a feeder', { isPlain: true })
const fileSecret = secrets.plant('file that is a body', { isPlain: true })
const literalSecret = secrets.plant('password as it stands in the scenario', { isPlain: true })

const patienceMs = 120_000

const scenarioText = (target: string): string => `
name: shop
http:
  target: ${target}
  headers: { x-api-key: "\${API_KEY}", cookie: "sid=\${COOKIE}" }
  requests:
    - { get: "/basic", auth: { basic: { user: ann, password: "\${BASIC}" } } }
    - { get: "/bearer?key=\${QUERY}", auth: { bearer: "\${BEARER}" } }
    - { get: /header, headers: { authorization: "Custom \${HEADER}" } }
    - { get: /literal, auth: { basic: { user: ann, password: ${literalSecret} } } }
    - { get: /set, headers: { x-api-key: later } }
    - { post: /json, json: { pin: "\${BODY}" } }
    - { post: /form, form: { pin: "\${FORM}" } }
    - { post: /file, file: body.txt }
    - { get: "/users/{{users.token}}" }
    - { get: /fails, check: { contains: "\${CHECK}", json: { $.pin: "\${CHECK}" } } }
    - { get: /away, redirects: 2 }
  feeders: { users: users.csv }
load: { rate: 60/s, duration: 1s }
slo: [ "\${SLO:-errors < 100%}" ]
start: { deadline: 120s }
`

describe('planted secrets', { skip: skipWithout('kafka') || skipWithout('postgres') }, () => {
  let directory = ''
  let broker: KafkaBroker
  let target: RealTarget
  let database: FreshDatabase
  let storeUser = ''
  let reader: KafkaBus
  /** What was said, by topic. */
  const said = new Map<string, Buffer[]>()
  /** Everything that came out, by where. */
  const seen: [where: string, content: string][] = []
  const watching = new AbortController()

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundswell-planted-'))
    await mkdir(join(directory, 'tmp'))
    await mkdir(join(directory, 'home'))
    await writeFile(join(directory, 'token'), `${token}\n`)
    await writeFile(join(directory, 'password'), `${kafkaPassword}\n`)
    // What makes answers of a hostile or clumsy server: it says again all that it was told.
    target = await startRealTarget((request, response) => {
      const told = JSON.stringify([request.url, request.headers])
      if (request.url === '/away')
        response.writeHead(302, { location: `http://10.99.0.1/${scenarioSecrets.QUERY}` }).end(told)
      else if (request.url === '/set')
        response.writeHead(500, { 'x-told': encodeURIComponent(told) }).end(told)
      else response.writeHead(200, { 'set-cookie': `sid=${scenarioSecrets.COOKIE}` }).end(told)
    })
    await writeFile(join(directory, 'shop.yaml'), scenarioText(target.url))
    await writeFile(join(directory, 'users.csv'), `token\n${feederSecret}\n`)
    await writeFile(join(directory, 'body.txt'), fileSecret)
    secrets.know('key of the Kafka client', (await readFile(keyFile('client'), 'utf8')).split('\n')[1] ?? '')
    ;[broker, database] = await Promise.all([
      startKafkaBroker({
        listeners: ['sasl_ssl', 'plaintext'],
        saslUsers: [{ username: 'load', password: kafkaPassword }],
        properties: { 'ssl.client.auth': 'requested' },
      }),
      freshDatabase(),
    ])
    storeUser = await createStoreUser(database.url)
    reader = await connectKafkaBus(
      { brokers: broker.brokers(), topicPrefix: cluster().prefix },
      { clock: systemClock, logger: silentLogger },
    )
    for (const topic of Object.values(topics)) {
      const messages: Buffer[] = []
      said.set(topic, messages)
      await reader.subscribe(topic, { from: 'earliest' }, ({ key, value }) => {
        messages.push(Buffer.from(`${key}\n`), Buffer.from(value))
      })
    }
    void watchArguments()
  })
  after(async () => {
    watching.abort()
    await reader?.close()
    await open?.[Symbol.asyncDispose]()
    await broker?.stop()
    await database?.drop()
    await target?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  let open: RoleCluster | undefined
  const cluster = (): RoleCluster => {
    open ??= new RoleCluster(broker.brokers('sasl_ssl'))
    return open
  }

  const createStoreUser = async (url: string): Promise<string> => {
    const user = `groundswell_${token.slice(0, 12)}`
    const client = new Client({ connectionString: url })
    await client.connect()
    const name = new URL(url).pathname.slice(1)
    await client.query(`CREATE ROLE ${user} LOGIN PASSWORD '${storePassword}'`)
    await client.query(`ALTER DATABASE ${name} OWNER TO ${user}`)
    await client.query(`ALTER SCHEMA public OWNER TO ${user}`)
    await client.end()
    return user
  }

  /** Every few milliseconds, for arguments of processes that live shortly too. */
  const watchArguments = async (): Promise<void> => {
    while (!watching.signal.aborted) {
      // The one that was given there by the user stays there.
      for (const [pid, args] of await commandLines())
        if (secrets.foundIn(args).length > 0 && !args.includes(`=${setSecret}`))
          note(`arguments of ${pid}`, args)
      await delay(100)
    }
  }

  const note = (where: string, content: string): void => {
    seen.push([where, content])
  }

  const env = (more: Record<string, string> = {}): Record<string, string> => ({
    ...scenarioSecrets,
    TMPDIR: join(directory, 'tmp'),
    HOME: join(directory, 'home'),
    GROUNDSWELL_STORE: join(directory, 'home', 'runs.sqlite'),
    ...more,
  })

  const access = (): string[] => [
    ...['--kafka-ca', certificateFile('authority')],
    ...['--kafka-cert', certificateFile('client'), '--kafka-key', keyFile('client')],
    ...['--kafka-sasl', 'scram-sha-256', '--kafka-user', 'load'],
  ]
  const passwordFile = (): string[] => ['--kafka-password-file', join(directory, 'password')]
  const passwordVariable = { GROUNDSWELL_KAFKA_PASSWORD: kafkaPassword }
  const file = (): string => join(directory, 'shop.yaml')

  const noted = (what: string, end: ProgramEnd): ProgramEnd => {
    note(`${what}: standard output`, end.stdout)
    note(`${what}: standard error`, end.stderr)
    return end
  }
  const run = async (what: string, args: string[], more: Record<string, string> = {}): Promise<ProgramEnd> =>
    noted(what, await runProgramToEnd(args, { env: env(more), limitMs: patienceMs * 2 }))

  it('are planted where they can be found', () => {
    const found = (text: string): string => secrets.foundIn(text).join()
    const { BASIC } = scenarioSecrets
    assert.match(found(`x ${token} y`), /^API token \(plain\)$/)
    for (const text of [
      JSON.stringify(BASIC),
      encodeURIComponent(BASIC),
      Buffer.from(`ann:${BASIC}`).toString('base64'),
      Buffer.from(`a:${BASIC}`).toString('base64'),
      Buffer.from(`b::${BASIC}`).toString('base64url'),
    ])
      assert.match(found(text), /basic password/)
    assert.equal(found('nothing'), '')
  })

  it('are shown neither by validation nor by runs on this machine', async () => {
    assert.equal((await run('validate', ['validate', file()])).exitCode, 0)
    const broken = scenarioText(target.url)
      .replace('redirects: 2', 'redirects: many')
      .replace('get: /literal', 'got: /literal')
      .replace('get: "/bearer', 'get: "bearer')
      .replace('auth: { basic: { user: ann, password: "$', 'auth: { basics: { user: ann, password: "$')
      .replace(/pin: ("\$\{FORM\}")/, 'pin: [ $1 ]')
    await writeFile(join(directory, 'broken.yaml'), broken)
    for (const args of [['--json'], []]) {
      const end = await run('validate with faults', ['validate', join(directory, 'broken.yaml'), ...args])
      assert.equal(end.exitCode, 2, end.stdout)
    }
    const set = ['--set', `http.requests[4].headers.x-api-key=${setSecret}`]
    const local = await run('run', ['run', file(), '--out', join(directory, 'out'), ...set])
    assert.equal(local.exitCode, 0, local.stderr)
    const failed = { SLO: 'errors < 1%' }
    const json = await run('run --json', ['run', file(), '--json', '--drivers', '2'], failed)
    assert.equal(json.exitCode, 99, json.stderr)
    assert.ok(target.received > 60)
    for (const what of [['list'], ['list', '--json'], ['show', 'latest'], ['show', 'latest', '--json']])
      assert.equal((await run(`results ${what.join(' ')}`, ['results', ...what])).exitCode, 0)
  })

  it('are shown neither by a run over Kafka nor by its drivers', async () => {
    const driver = await cluster().startDriver(
      [...access(), ...passwordFile(), '--log-level', 'debug'],
      env(),
    )
    const end = await cluster().start(
      ['run', file(), ...cluster().kafka, ...access(), '--json'],
      env({ ...passwordVariable, SLO: 'errors < 1%' }),
    ).ended
    noted('run --kafka', end)
    assert.equal(end.exitCode, 99, end.stderr)
    assert.ok(testConfigs() > 0, 'the drivers got them')
    noted('driver', await driver.signal('SIGTERM'))
  })

  const testConfigs = (): number => secrets.foundIn(Buffer.concat(said.get('test_config') ?? [])).length

  it('are shown by no role, no answer of the API and no record', async () => {
    const storeUrl = new URL(database.url)
    storeUrl.username = storeUser
    storeUrl.password = ''
    const orchestrator = await cluster().startOrchestrator(
      [...access(), ...passwordFile(), '--store', storeUrl.href, '--log-level', 'debug'],
      env({ PGPASSWORD: storePassword, GROUNDSWELL_TOKEN: token }),
    )
    const drivers = await Promise.all([
      cluster().startDriver([...access(), '--log-level', 'debug'], env(passwordVariable)),
      cluster().startDriver([...access(), '--log-level', 'debug'], env(passwordVariable)),
    ])
    const hand = (what: string, ...args: string[]): Promise<ProgramEnd> =>
      run(
        what,
        ['run', ...args, '--orchestrator', orchestrator.url, '--token-file', join(directory, 'token')],
        {},
      )
    const first = await hand('run --orchestrator', file(), '--json', '--drivers', '2')
    assert.equal(first.exitCode, 0, first.stderr)
    const { id } = JSON.parse(first.stdout) as RunResult

    // Rejected by a driver: its list does not have this address. User and password in a URL are part of what it says.
    const forbidden = join(directory, 'forbidden.yaml')
    await writeFile(forbidden, scenarioText('http://198.51.100.7:81'))
    const rejected = await hand('rejected run', forbidden, '--json')
    assert.equal(JSON.parse(rejected.stdout).error.code, 'TARGET_NOT_ALLOWED', rejected.stderr)
    await writeFile(forbidden, scenarioText(`http://ann:${literalSecret}@127.0.0.1:1`))
    await hand('user and password in a URL', forbidden, '--json')
    await writeFile(forbidden, scenarioText('http://127.0.0.1:1'))
    const unreachable = await hand('unreachable target', forbidden)
    assert.equal(unreachable.exitCode, 1, unreachable.stderr)

    await askEverything(orchestrator, id)

    // Degraded: a driver is killed.
    const long = cluster().start(
      [
        ...['run', file(), '--drivers', '2', '--set', 'load.duration=4s', '--json'],
        ...['--orchestrator', orchestrator.url, '--token-file', join(directory, 'token')],
      ],
      env(),
    )
    const before = target.received
    await waitFor('some load', () => target.received > before + 10, patienceMs)
    const [victim, survivor] = drivers
    noted('killed driver', await (victim ?? assert.fail()).signal('SIGKILL'))
    assert.equal(noted('degraded run', await long.ended).exitCode, 97)

    await waitFor('test_config to be empty', async () => (await left('test_config')) === 0, patienceMs)
    noted('other driver', await (survivor ?? assert.fail()).signal('SIGTERM'))
    noted('orchestrator', await orchestrator.signal('SIGTERM'))
    const location = new URL(storeUrl)
    location.password = storePassword
    const inEnvironment = { GROUNDSWELL_STORE: location.href }
    for (const args of [
      ['list'],
      ['show', id],
      ['show', id, '--json'],
      ['export', id, '--out', join(directory, 'exported')],
    ])
      assert.equal((await run(`results ${args[0]}`, ['results', ...args], inEnvironment)).exitCode, 0)
    await noteTables()
  })

  /** Messages that are still in a topic. */
  const left = async (topic: string): Promise<number> => {
    let count = 0
    const subscription = await reader.subscribe(topic, { from: 'earliest' }, () => {
      count++
    })
    await delay(300)
    await subscription.close()
    return count
  }

  const noteTables = async (): Promise<void> => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const tables = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    )
    assert.ok(tables.rows.length >= 6)
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
      note(`table ${name}`, rows.map(({ row }) => row).join('\n'))
    }
    await client.end()
  }

  const askEverything = async ({ url }: OrchestratorRole, id: string): Promise<void> => {
    const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
      const authorization = `Bearer ${token}`
      const response = await fetch(url + path, { ...init, headers: { authorization, ...init.headers } })
      note(`API ${init.method ?? 'GET'} ${path}: ${response.status}`, await response.text())
      note(`API ${path}: headers`, JSON.stringify([...response.headers]))
      return response.status
    }
    const runPath = `/api/runs/${id}`
    for (const path of [
      ...['', '/timeline', '/timeline?columns=true&request=*', '/seconds/0', '/events'].map(
        (end) => runPath + end,
      ),
      ...['json', 'csv', 'junit.xml'].map((ending) => `${runPath}/report.${ending}`),
      ...['/api/runs', '/api/drivers', '/api/openapi.json', '/metrics', '/tests', `/metrics/${id}`],
      ...['/healthz', '/readyz'],
    ])
      assert.equal(await ask(path), 200, path)
    const { QUERY, BODY } = scenarioSecrets
    const post = (path: string, body: string, type = 'application/json'): Promise<number> =>
      ask(path, { method: 'POST', body, headers: { 'content-type': type } })
    const body = JSON.stringify(BODY)
    for (const status of [
      await post(
        '/api/runs',
        `{"scenario": {"http": ${body}, "load": {"rate": 1}}, "env": {"X": ${body}, "Y": [${body}]}}`,
      ),
      await post('/api/runs', `{"scenario": {}, "env": {"X": ${body}`),
      await post('/api/runs', JSON.stringify({ scenarioText: scenarioText('x'), env: scenarioSecrets })),
      await post(
        '/api/runs',
        JSON.stringify({ scenarioText: `${scenarioText('http://x')}\nnope: 1`, env: scenarioSecrets }),
      ),
      await post('/api/scenarios/validate', `password: ${QUERY}: [`, 'application/yaml'),
      await post(`${runPath}/rate`, body),
      await post('/api/runs', body, 'text/plain'),
    ])
      assert.ok(status === 200 || (status >= 400 && status < 500), String(status))
    // Without the token: what was given instead is not said again.
    for (const authorization of [`Bearer ${QUERY}`, `Basic ${QUERY}`, QUERY])
      assert.equal(await ask('/api/runs', { headers: { authorization } }), 401)
  }

  it('are nowhere in all that was said and written, but where the drivers need them', async () => {
    watching.abort()
    const faults: string[] = []
    for (const [where, content] of seen)
      for (const secret of secrets.foundIn(content)) faults.push(`${secret} in ${where}: ${around(content)}`)
    const given = ['token', 'password', 'shop.yaml', 'broken.yaml', 'forbidden.yaml', 'users.csv', 'body.txt']
    let files = 0
    for await (const [path, bytes] of filesIn(directory)) {
      if (given.includes(path.slice(directory.length + 1))) continue
      files++
      for (const secret of secrets.foundIn(bytes)) faults.push(`${secret} in ${path}`)
    }
    assert.ok(files >= 7, `${files} files`)
    const scenario = ['test_config', 'asset']
    for (const [topic, messages] of said) {
      const found = secrets.foundIn(Buffer.concat(messages))
      const ofInfrastructure = found.filter((name) =>
        /^(API token|Kafka password|Postgres|key of)/.test(name),
      )
      for (const secret of scenario.includes(topic) ? ofInfrastructure : found)
        faults.push(`${secret} in topic ${topic}`)
    }
    assert.deepEqual([...new Set(faults)], [])
    assert.ok((said.get('metrics') ?? []).length > 10)
  })

  const around = (content: string): string => {
    for (const line of content.split('\n'))
      if (secrets.foundIn(line).length > 0)
        return line.length > 600 ? `a line of ${line.length} characters` : line
    return ''
  }
})

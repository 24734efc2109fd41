import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { version } from '../lib/version.ts'
import { FakeProgram } from '../testing/fake-program.ts'

const ended = async (...args: string[]) => {
  const program = new FakeProgram(args, { cwd: directory })
  const exitCode = await program.run()
  return { exitCode, stdout: program.stdout.text, stderr: program.stderr.text }
}

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-cli-'))
})
after(() => rm(directory, { recursive: true }))

const goodScenario =
  'http: { target: builtin, requests: [ { get: / } ] }\nload: { rate: 10/s, duration: 1s }\n'

describe('the command line', () => {
  for (const command of ['', 'run', 'orchestrator', 'driver', 'validate', 'init', 'target', 'completion'])
    it(`help of "${command}" fits a screen, has examples, and goes to standard output`, async () => {
      const { exitCode, stdout, stderr } = await ended(...(command === '' ? [] : [command]), '--help')
      const lines = stdout.trimEnd().split('\n')
      assert.deepEqual(
        lines.filter((line) => line.length > 80),
        [],
      )
      assert.ok(lines.length <= 45, `${lines.length} lines`)
      assert.match(stdout, /Examples?:\n {2}groundswell/)
      assert.deepEqual([exitCode, stderr], [0, ''])
    })

  it('--version says the version alone', async () => {
    assert.deepEqual(await ended('--version'), { exitCode: 0, stdout: `${version}\n`, stderr: '' })
    assert.equal((await ended('-V')).stdout, `${version}\n`)
  })

  const wrong: [string[], RegExp][] = [
    [['run'], /missing required argument 'FILE\|URL'/],
    [['run', 'a.yaml', 'b.yaml'], /too many arguments/],
    [['run', 'builtin', '--rat', '5/s'], /unknown option '--rat'.*--rate/s],
    [['run', 'a.yaml', '--rate'], /argument missing/],
    [['run', 'a.yaml', '--rate', '5/s'], /--rate goes with a URL, not with a scenario file/],
    [['run', 'nowhere.yaml'], /nowhere\.yaml/],
    [['run', 'builtin', '--rate', 'fast', '--duration', '1s'], /fast/],
    [
      ['run', 'builtin', '--rate', '5/s', '--duration', '1s', '--allow-target', '10.0.0.0/99'],
      /10\.0\.0\.0\/99/,
    ],
    [['run', 'a.yaml', '--kafka', 'k:1', '--orchestrator', 'http://o:1'], /exclude each other/],
    [
      ['run', 'builtin', '--rate', '5/s', '--requests', '1', '--kafka', 'k:1'],
      /"builtin" is on this machine/,
    ],
    [
      [
        'run',
        'http://t/',
        '--rate',
        '5/s',
        '--requests',
        '1',
        '--orchestrator',
        'o:1',
        '--allow-target',
        'x',
      ],
      /--allow-target is for/,
    ],
    [
      ['run', 'http://t/', '--rate', '5/s', '--requests', '1', '--kafka-user', 'x'],
      /--kafka-user goes with --kafka/,
    ],
    [
      ['run', 'http://t/', '--rate', '5/s', '--requests', '1', '--topic-prefix', 'x'],
      /--topic-prefix goes with --kafka/,
    ],
    [
      ['run', 'http://t/', '--rate', '5/s', '--requests', '1', '--token-file', 'x'],
      /--token-file goes with --orch/,
    ],
    [['run', 'http://t/', '--rate', '5/s', '--requests', '1', '--kafka', 'nowhere:x'], /"nowhere:x" is none/],
    [['driver'], /--kafka HOST:PORT is missing/],
    [['driver', '--kafka', 'k:1', '--allow-target', '10.0.0.0/99'], /10\.0\.0\.0\/99/],
    [
      ['driver', '--kafka', 'k:1', '--silence-limit', 'long', '--orchestrator', 'ftp://x'],
      /--orchestrator.*--silence/s,
    ],
    [['driver', '--kafka', 'k:1', '--log-level', 'loud'], /Allowed choices are debug, info/],
    [['orchestrator', '--listen', '0.0.0.0:8001', '--kafka-tls'], /--kafka-tls goes with.*--insecure/s],
    [['orchestrator', '--max-drivers', 'x', '--allow-target', '10.0.0.0/99'], /10\.0\.0\.0\/99.*--max-dr/s],
    [['orchestrator', '--kafka', 'k:1', '--max-drivers', '3'], /--max-drivers is for/],
    [['run', 'a.yaml', '--stay'], /--stay goes with --dashboard/],
    [['run', 'a.yaml', '--dashboard', '--orchestrator', 'o:1'], /http:\/\/o:1 serves one already/],
    [
      ['run', 'a.yaml', '--dashboard', '127.0.0.1:99999', '--kafka-tls'],
      /--kafka-tls goes.*"127.0.0.1:99999"/s,
    ],
    [
      ['run', 'a.yaml', '--dashboard', '0.0.0.0:8001'],
      /open to everybody who reaches 0\.0\.0\.0.*--token-file/,
    ],
    [['run', 'a.yaml', '--dashboard', '--token-file', 'nowhere'], /--token-file nowhere/],
    [['run', '--dashboard', 'nowhere.yaml'], /nowhere\.yaml/],
    [['orchestrator', '--kafka', 'k:1', '--store', 'postgres://u:p@h/d'], /--store takes no password/],
    [['orchestrator', 'extra'], /too many arguments/],
    [['valdate', 'a.yaml'], /unknown command 'valdate'.*validate/s],
    [['validate'], /missing required argument/],
    [['target', '--port', 'x'], /port/],
    [['completion', 'tcsh'], /bash, zsh, fish/],
    [['init', '--target', 'nonsense'], /nonsense/],
  ]
  for (const [args, why] of wrong)
    it(`exit code 2 and one clear error for: ${args.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await ended(...args)
      assert.equal(exitCode, 2, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, why)
      assert.match(stderr, /^groundswell: /)
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
    })

  it('nothing asked for shows the help, as an error', async () => {
    const { exitCode, stdout, stderr } = await ended()
    assert.equal(exitCode, 2)
    assert.match(stdout + stderr, /Usage: groundswell/)
  })

  it('completion prints a script for bash that knows commands and options', async () => {
    const { exitCode, stdout, stderr } = await ended('completion', 'bash')
    assert.deepEqual([exitCode, stderr], [0, ''])
    for (const word of ['validate', '--allow-target', 'complete', 'orchestrator', '--silence-limit'])
      assert.ok(stdout.includes(word), word)
  })
})

describe('completion of run', () => {
  it('knows the options of Kafka, for which the help has no room', async () => {
    const script = (await ended('completion', 'bash')).stdout
    const help = (await ended('run', '--help')).stdout
    for (const option of ['--kafka-password-file', '--kafka-sasl', '--topic-prefix']) {
      assert.ok(script.includes(`'run:${option}'`), option)
      assert.ok(!help.includes(option), option)
    }
    assert.ok(script.includes('scram-sha-256'))
  })
})

describe('validate', () => {
  it('says valid, or all faults of every file, and ends with 2 where there is one', async () => {
    const [good, bad] = [join(directory, 'good.yaml'), join(directory, 'bad.yaml')]
    await writeFile(good, goodScenario)
    await writeFile(bad, goodScenario.replace('10/s', 'x').replace('target', 'targte'))
    assert.deepEqual(await ended('validate', good), { exitCode: 0, stdout: `${good}: valid\n`, stderr: '' })
    const { exitCode, stdout, stderr } = await ended('validate', bad, good)
    assert.equal(exitCode, 2)
    assert.equal(stdout, `${good}: valid\n`)
    assert.match(stderr, /targte/)
    assert.match(stderr, /rate/)
  })

  it('--json prints the faults of each file as JSON, and nothing else', async () => {
    const [good, bad] = [join(directory, 'good.json.yaml'), join(directory, 'bad.json.yaml')]
    await writeFile(good, goodScenario)
    await writeFile(bad, goodScenario.replace('10/s', 'x'))
    const { exitCode, stdout, stderr } = await ended(
      'validate',
      '--json',
      good,
      bad,
      join(directory, 'none.yaml'),
    )
    assert.equal(exitCode, 2)
    assert.equal(stderr, '')
    const told = JSON.parse(stdout) as { file: string; valid: boolean; faults: { message: string }[] }[]
    assert.deepEqual(
      told.map(({ valid, faults }) => [valid, faults.length]),
      [
        [true, 0],
        [false, 1],
        [false, 1],
      ],
    )
  })

  it('--set changes what is checked', async () => {
    const file = join(directory, 'set.yaml')
    await writeFile(file, goodScenario)
    assert.equal((await ended('validate', file, '--set', 'load.rate=nothing')).exitCode, 2)
    assert.equal((await ended('validate', file, '--set', 'load.rate=5/s', '--set', 'drivers=3')).exitCode, 0)
  })
})

describe('init', () => {
  it('asks nothing when piped, and what it writes is valid and refers to the target', async () => {
    const { exitCode, stdout } = await ended('init', 'first.yaml')
    assert.equal(exitCode, 0)
    assert.match(stdout, /groundswell run first\.yaml/)
    const file = join(directory, 'first.yaml')
    assert.match(await readFile(file, 'utf8'), /target: "builtin"/)
    assert.equal((await ended('validate', file)).exitCode, 0)
  })

  it('never replaces a file unless told', async () => {
    const file = join(directory, 'mine.yaml')
    await writeFile(file, 'mine')
    const refused = await ended('init', 'mine.yaml')
    assert.equal(refused.exitCode, 2)
    assert.match(refused.stderr, /mine\.yaml is there already \(USAGE\)\n.*--force/)
    assert.equal(await readFile(file, 'utf8'), 'mine')
    assert.equal(
      (await ended('init', 'mine.yaml', '--force', '--target', 'http://10.0.0.1:8080')).exitCode,
      0,
    )
    assert.match(await readFile(file, 'utf8'), /target: "http:\/\/10\.0\.0\.1:8080"/)
  })

  it('a folder that is not there is one clear error', async () => {
    const { exitCode, stderr } = await ended('init', 'nowhere/first.yaml')
    assert.equal(exitCode, 2)
    assert.match(stderr, /cannot write nowhere\/first\.yaml/)
  })

  it('asks for the target on a terminal, and takes Enter for the built-in one', async () => {
    for (const [answer, target] of [
      ['http://10.0.0.9/\n', 'http://10.0.0.9/'],
      ['\n', 'builtin'],
    ] as const) {
      const program = new FakeProgram(['init', '--force', 'asked.yaml'], { cwd: directory })
      program.stdin.isTTY = true
      program.stderr.isTTY = true
      program.stdin.write(answer)
      assert.equal(await program.run(), 0, program.stderr.text)
      const text = await readFile(join(directory, 'asked.yaml'), 'utf8')
      assert.ok(text.includes(`target: ${JSON.stringify(target)}`), text)
    }
  })
})

describe('target', () => {
  it('serves until a signal comes, then says what it served', async () => {
    const program = new FakeProgram(['target', '--port', '0'])
    const end = program.run()
    const url = await new Promise<string>((resolve) => {
      const look = (): void => {
        const found = /http:\S+/.exec(program.stderr.text)?.[0]
        if (found === undefined) setTimeout(look, 5)
        else resolve(found)
      }
      look()
    })
    await (await fetch(url, { headers: { connection: 'close' } })).text()
    program.signal('SIGTERM')
    assert.equal(await end, 0)
    assert.match(program.stderr.text, /Received 1 requests, sent 1 responses\.\n$/)
    assert.equal(program.listeners, 0)
  })
})

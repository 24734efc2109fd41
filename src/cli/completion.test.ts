import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Command, Option } from 'commander'
import { renderCompletion } from './completion.ts'

const program = (): Command => {
  const root = new Command('groundswell').version('1.0.0').description('Load')
  root
    .command('run')
    .description("Runs a scenario; it's the main job")
    .argument('[FILE]', 'scenario')
    .option('-o, --out <DIR>', 'where reports go')
    .option('--rate <RATE>', 'open load')
    .option('--ca <FILE>', 'certificates: PEM')
    .option('-q, --quiet', 'says $(nothing) `at` all')
    .addOption(new Option('--log <LEVEL>', 'how much').choices(['debug', 'info', 'warn']))
    .addOption(new Option('--secret <X>').hideHelp())
  root.command('validate').argument('<FILE...>').description('Checks')
  root.command('internal', { hidden: true })
  const store = root.command('store').description('Past runs')
  store.command('list').description('Lists').option('--json')
  store.command('remove').description('Removes')
  return root
}

const directory = mkdtempSync(join(tmpdir(), 'groundswell-completion-'))
after(() => rmSync(directory, { recursive: true, force: true }))
writeFileSync(join(directory, 'first.yaml'), '')
writeFileSync(join(directory, 'first try.yaml'), '')
mkdirSync(join(directory, 'reports'))

/** What bash offers with the cursor behind the last word. */
const complete = (...words: string[]): string[] => {
  const script = [
    renderCompletion('bash', program()),
    `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _groundswell; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n')
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['--norc', '-u', '-c', script, 'bash', 'groundswell', ...words],
    { cwd: directory, encoding: 'utf8' },
  )
  assert.equal(stderr, '')
  assert.equal(status, 0)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

const hasBash = spawnSync('bash', ['--version']).status === 0

test('bash completes commands, options and values', { skip: !hasBash && 'there is no bash' }, () => {
  const cases: [words: string[], offered: string[]][] = [
    [[''], ['help', 'run', 'store', 'validate']],
    [['r'], ['run']],
    [['--v'], ['--version']],
    [['run', '--r'], ['--rate']],
    [
      ['run', '-'],
      ['--ca', '--help', '--log', '--out', '--quiet', '--rate', '-h', '-o', '-q'],
    ],
    [
      ['run', ''],
      ['first try.yaml', 'first.yaml', 'reports'],
    ],
    [['run', 'first.'], ['first.yaml']],
    [['run', '--quiet', 'first '], ['first try.yaml']],
    [['run', '--out', ''], ['reports']],
    [['run', '-o', 'r'], ['reports']],
    [['run', '--out', '=', 'rep'], ['reports']],
    [['run', '--out', '='], ['reports']],
    [['run', '--ca', 'first.'], ['first.yaml']],
    [
      ['run', '--log', ''],
      ['debug', 'info', 'warn'],
    ],
    [['run', '--log', 'w'], ['warn']],
    [['run', '--rate', ''], []],
    [['validate', 'first.yaml', 'first.'], ['first.yaml']],
    [
      ['store', ''],
      ['help', 'list', 'remove'],
    ],
    [
      ['store', 'list', '--'],
      ['--help', '--json'],
    ],
    [['nonsense', 'store', 'li'], ['list']],
  ]
  for (const [words, offered] of cases) assert.deepEqual(complete(...words), offered, words.join(' '))
})

test('bash registers the function', { skip: !hasBash && 'there is no bash' }, () => {
  const { stdout } = spawnSync(
    'bash',
    ['--norc', '-c', `${renderCompletion('bash', program())}\ncomplete -p groundswell`],
    {
      encoding: 'utf8',
    },
  )
  assert.equal(stdout.trim(), 'complete -F _groundswell groundswell')
})

test('zsh gets descriptions, files and choices', () => {
  const script = renderCompletion('zsh', program())
  assert.match(script, /^#compdef groundswell\n/)
  assert.ok(script.includes(`'run:Runs a scenario; it'\\''s the main job'`))
  assert.ok(script.includes(`'--ca:certificates: PEM'`))
  assert.match(script, /'run:-o'\|'run:--out'\) _files -\/; return ;;/)
  assert.match(script, /'run:--log'\) compadd -- debug info warn; return ;;/)
  assert.match(script, /compdef _groundswell groundswell; fi\n$/)
  assert.doesNotMatch(script, /internal|secret|local (.* )?path\b/)
  assertParses('zsh', script)
})

test('fish gets one line for each command and option', () => {
  const script = renderCompletion('fish', program())
  assert.match(script, /^complete -c groundswell -f$/m)
  assert.ok(
    script.includes(
      `complete -c groundswell -n '__fish_use_subcommand' -a run -d 'Runs a scenario; it\\'s the main job'`,
    ),
  )
  assert.match(script, /-n '__fish_seen_subcommand_from run' -F$/m)
  assert.match(script, /-s o -l out -r -a '\(__fish_complete_directories\)' -d 'where reports go'$/m)
  assert.match(script, /-l log -r -a 'debug info warn' -d 'how much'$/m)
  assert.match(
    script,
    /-n '__fish_seen_subcommand_from store; and not __fish_seen_subcommand_from list remove help' -a list /,
  )
  assert.doesNotMatch(script, /internal|secret/)
  assertParses('fish', script)
})

/** By the shell itself, where it is installed. */
const assertParses = (shell: string, script: string): void => {
  const file = join(directory, `completion.${shell}`)
  writeFileSync(file, script)
  const { status, stderr, error } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
  if (error === undefined) assert.equal(status, 0, stderr)
}

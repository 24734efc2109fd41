import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { describe, it } from 'node:test'
import { type Command, CommanderError } from 'commander'
import { buildProgram } from '../cli/program.ts'
import type { ProgramContext } from '../cli/program-context.ts'
import { readFileWithin } from '../scenario/assets.ts'
import { scenarioJsonSchema } from '../scenario/json-schema.ts'
import { parseScenarioText } from '../scenario/load-scenario.ts'
import { pictureFileOf, renderPacingDocument } from './describe-pacing.ts'
import { renderScenarioDocument } from './describe-scenario.ts'
import { executedElsewhere, findPages } from './document-commands.ts'
import { blocksOf, commandsOf, headingAnchorsOf, linksOf, pathsOf } from './document-parts.ts'
import { drawPacing } from './draw-pacing.ts'
import { rootDirectory, runProgramToEnd, startProgram } from './run-program.ts'
import { waitFor } from './wait-for.ts'

const markdownIn = (folder: string): string[] =>
  readdirSync(join(rootDirectory, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))

const decisions = markdownIn('docs/decisions').sort()
const documents = [...findPages(rootDirectory), ...decisions]
const read = (path: string): string => readFileSync(join(rootDirectory, path), 'utf8')

/** The real command line, of which every command does nothing. */
const parseCommand = async (args: readonly string[]): Promise<void> => {
  const said: string[] = []
  const sink = { write: (text: string) => said.push(text) }
  const program = buildProgram({ stdout: sink, stderr: sink } as unknown as ProgramContext, { exitCode: 0 })
  silence(program)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return
    assert.fail(`groundswell ${args.join(' ')}: ${said.join('') || String(thrown)}`)
  }
}

const silence = (command: Command): void => {
  for (const child of command.commands) silence(child.action(() => {}))
}

for (const path of documents)
  describe(path, () => {
    const document = read(path)
    const files = new Map(blocksOf(document).map(({ file, text }) => [file, text]))

    it('links to files and headings that are there', () => {
      for (const link of linksOf(document)) {
        const [target = '', anchor] = link.split('#')
        const linked =
          target === '' ? path : relative(rootDirectory, join(rootDirectory, dirname(path), target))
        assert.ok(existsSync(join(rootDirectory, linked)), `${link}: no such file`)
        if (anchor !== undefined)
          assert.ok(headingAnchorsOf(read(linked)).includes(anchor), `${link}: no such heading`)
      }
    })

    it('names only files that are there', () => {
      for (const named of pathsOf(document))
        assert.ok(existsSync(join(rootDirectory, named)), `${named}: no such file`)
    })

    it('shows only commands that the command line takes', async () => {
      for (const args of blocksOf(document).flatMap(commandsOf)) await parseCommand(args)
    })

    it('shows only scenarios that are right', async () => {
      for (const { language, text } of blocksOf(document)) {
        if (language !== 'yaml') continue
        await parseScenarioText(text, join(rootDirectory, 'scenarios', 'example.yaml'), {
          env: {},
          drawSeed: () => 1,
          readFile: async (file, maxBytes) => {
            const shown = files.get(basename(file))
            return shown === undefined ? readFileWithin(file, maxBytes) : Buffer.from(shown)
          },
        })
      }
    })
  })

describe('documents', () => {
  const visibleCommands = (command: Command, path: string): [path: string, command: Command][] => [
    [path, command],
    ...command.commands.flatMap((child) => visibleCommands(child, `${path} ${child.name()}`.trim())),
  ]

  it('name every option that a command has', () => {
    const text = documents.map(read).join('\n')
    const sink = { write: () => true }
    const program = buildProgram({ stdout: sink, stderr: sink } as unknown as ProgramContext, { exitCode: 0 })
    const options = visibleCommands(program, '').flatMap(([path, command]) =>
      command.options.map(({ long }) => [path, long ?? ''] as const),
    )
    assert.ok(options.length > 80)
    const missing = options.filter(([, long]) => !new RegExp(`(?<![\\w-])${long}(?![\\w-])`).test(text))
    assert.deepEqual(missing, [])
  })

  it('name every variable of the environment that the program reads', () => {
    const text = documents.map(read).join('\n')
    const sources = readdirSync(join(rootDirectory, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /^(?:cli|environments|scenario|main)\b.*(?<!\.test)\.ts$/.test(name))
      .map((name) => read(join('src', name)))
    const names = new Set(
      sources.flatMap((source) => source.match(/\bGROUNDSWELL_[A-Z][A-Z_]*[A-Z]\b/g) ?? []),
    )
    assert.ok(names.has('GROUNDSWELL_ORCHESTRATOR'))
    // `_KEY` behind `_CERT` in one cell of a table.
    const isNamed = (name: string): boolean =>
      text.includes(name) || (name === 'GROUNDSWELL_KAFKA_KEY' && text.includes('`_KEY`'))
    assert.deepEqual(
      [...names].filter((name) => !isNamed(name)),
      [],
    )
  })

  it('have lines of prose that an editor shows whole', () => {
    const tooLong = documents.flatMap((path) =>
      read(path)
        .replace(/^```.*?^```$/gms, '')
        .split('\n')
        .filter((line) => line.length > 140 && !/^\s*(?:\||<|!\[)/.test(line))
        .map((line) => `${path}: ${line}`),
    )
    assert.deepEqual(tooLong, [])
  })
})

describe('commands in documents', () => {
  it('are executed, or a comment right before them says why not', () => {
    for (const path of documents) {
      const document = read(path)
      const marked = blocksOf(document).filter(({ notExecuted }) => notExecuted !== undefined)
      const said = [...document.matchAll(/^<!-- not executed/gm)]
      assert.equal(
        marked.length,
        said.length,
        `${path}: a mark that stands before no block, or says no reason`,
      )
      for (const { language, notExecuted = '' } of marked) {
        assert.equal(language, 'bash', `${path}: only commands are executed: ${notExecuted}`)
        assert.ok(notExecuted.split(' ').length >= 3, `${path}: no reason: ${notExecuted}`)
      }
      for (const { language, text } of blocksOf(document))
        if (language === '' || language === 'sh' || language === 'shell' || language === 'console')
          assert.fail(`${path}: commands are "bash", all else "text" or what it is: ${text}`)
    }
  })

  it('that the document runner leaves to another test are named there', () => {
    for (const [path, test] of Object.entries(executedElsewhere)) {
      assert.ok(documents.includes(path), path)
      assert.ok(read(test).includes(path), `${test} does not read ${path}`)
    }
  })
})

describe('docs/pacing.md', () => {
  it('has every load and its picture as the pacers draw them now', async () => {
    const stale = 'stale: run scripts/write-documents.ts'
    const pictures = await drawPacing()
    const document = read('docs/pacing.md')
    assert.equal(renderPacingDocument(document, pictures), document, stale)
    for (const picture of pictures) assert.equal(read(pictureFileOf(picture)), picture.svg, stale)
    const there = readdirSync(join(rootDirectory, 'docs/pictures')).filter((name) =>
      name.startsWith('pacing-'),
    )
    assert.deepEqual(there.sort(), pictures.map((picture) => basename(pictureFileOf(picture))).sort())
  })
})

describe('decisions', () => {
  it('are numbered without gaps, and headed by their numbers', () => {
    assert.ok(decisions.length > 0)
    for (const [i, path] of decisions.entries()) {
      const number = String(i + 1).padStart(3, '0')
      assert.ok(basename(path).startsWith(`${number}-`), path)
      assert.ok(read(path).startsWith(`# ${number} `), path)
      const headings = [...read(path).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
      assert.deepEqual(headings, ['Context', 'Decision', 'Consequences'], path)
    }
  })
})

describe('ARCHITECTURE.md', () => {
  it('says of every folder the imports that lint allows', () => {
    const [, after = ''] = read('ARCHITECTURE.md').split('\n| folder | may import |')
    const rows = (after.trimEnd().split('\n\n')[0] ?? '').split('\n').slice(2)
    const written = rows.map((row) => {
      const [folder, ...allowed] = [...row.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
      return `src/${folder} may import ${allowed.map((name) => `src/${name}`).join(', ') || 'nothing of ours'} only`
    })
    const enforced = [...read('biome.json').matchAll(/"message": "(src\/\w+ may import [^:]+ only):/g)]
    assert.ok(rows.length > 0)
    assert.deepEqual(written.sort(), enforced.map(([, rule]) => rule).sort())
  })
})

describe('docs/scenario.md', () => {
  it('says of every key what the schema says', () => {
    const document = read('docs/scenario.md')
    assert.equal(renderScenarioDocument(document), document, 'stale: run scripts/write-documents.ts')
  })

  it('has every key of the schema, wherever it stands', () => {
    const document = read('docs/scenario.md')
    const keys = new Set<string>()
    const collect = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      const { properties = {}, examples: _, ...others } = value as Record<string, object>
      for (const key of Object.keys(properties)) keys.add(key)
      for (const within of [...Object.values(properties), ...Object.values(others)]) collect(within)
    }
    collect(JSON.parse(scenarioJsonSchema()))
    assert.ok(keys.size > 60)
    for (const key of keys)
      assert.match(document, new RegExp(`^\\| \`(?:[\\w.]+\\.)?${key.replace('$', '\\$')}\``, 'm'), key)
  })
})

describe('the recipes of the README', () => {
  const recipes = read('README.md')
    .split(/^### (?=\d)/m)
    .slice(1)
    .map((text) => text.split(/^## /m)[0] ?? '')

  it('are five', () => assert.equal(recipes.length, 5))

  for (const recipe of recipes)
    it(`works: ${recipe.split('\n')[0]}`, async () => {
      const cwd = await mkdtemp(join(tmpdir(), 'groundswell-recipe-'))
      const blocks = blocksOf(recipe)
      const commands = blocks.flatMap(commandsOf)
      const serving = commands.find(([command]) => command === 'target') ?? ['target', '--port', '8080']
      // Any free port, and a second instead of ten: otherwise as it is written.
      const target = startProgram(withValue(serving, '--port', '0'), { cwd })
      try {
        await waitFor('the target', () => /http:\S+/.test(target.stderr()))
        const port = /http:\S+:(\d+)/.exec(target.stderr())?.[1] ?? ''
        const here = (text: string): string => text.replaceAll('localhost:8080', `localhost:${port}`)
        for (const { file, text } of blocks)
          if (file !== undefined) await writeFile(join(cwd, file), shortened(here(text)))
        for (const args of commands) {
          if (args[0] === 'target') continue
          const end = await runProgramToEnd(withValue(args.map(here).map(lenient), '--duration', '1s'), {
            cwd,
            env: { TARGET: '' },
          })
          assert.equal(end.exitCode, 0, `groundswell ${args.join(' ')}\n${end.stdout}\n${end.stderr}`)
          if (args.includes('--out'))
            assert.deepEqual(readdirSync(join(cwd, 'results')).sort(), [
              'junit.xml',
              'report.html',
              'result.json',
              'summary.md',
              'timeline.csv',
            ])
        }
      } finally {
        target.child.kill('SIGTERM')
        await target.ended
        await rm(cwd, { recursive: true })
      }
    })
})

/** The arguments with another value for an option, where they have it. */
const withValue = (args: readonly string[], option: string, value: string): string[] =>
  args.map((arg, i) => (args[i - 1] === option ? value : arg))

/** What holds on a machine that does nothing else need not hold on one that runs all tests. */
const lenient = (text: string): string => text.replace(/p99 < \d+ms/, 'p99 < 5s')

const shortened = (scenario: string): string =>
  lenient(scenario)
    .replace(/duration: \d+s/, 'duration: 1s')
    .replace(/over: \d+s/, 'over: 500ms')
    .replace(/hold: \d+s/, 'hold: 500ms')

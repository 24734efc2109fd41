import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { displayWidth } from '../results/summary-text-display.ts'
import { FakeProgram } from '../testing/fake-program.ts'
import { startProgram } from '../testing/run-program.ts'
import { describeLink } from './help-command.ts'
import { renderMarkdown } from './help-layout.ts'
import { blocksOfMarkdown } from './help-markdown.ts'
import { type HelpTopic, helpTopics, pageOf } from './help-topics.ts'

const plain = { isStyled: false, describeLink: () => '' }
const topics = Object.keys(helpTopics) as HelpTopic[]

const ended = async (args: readonly string[], { isTTY = false, columns = 80, env = {} } = {}) => {
  const program = new FakeProgram(args)
  program.stdout.isTTY = isTTY
  program.stdout.columns = columns
  Object.assign(program.context.env, env)
  const exitCode = await program.run()
  return { exitCode, stdout: program.stdout.text, stderr: program.stderr.text }
}

/** Words of letters and digits, counted: all that layout must not lose. */
const countWords = (text: string): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const [word] of text.matchAll(/[\p{L}\p{N}]+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** A page without what is no text of it: comments, targets of links, words behind fences. */
const textOf = (markdown: string): string =>
  markdown
    .replace(/^```.*$/gm, '')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<picture>[\s\S]*?alt="([^"]*)"[\s\S]*?<\/picture>/g, '$1')
    .replace(/\]\([^)\s]+\)/g, ']')

describe('help of a topic', () => {
  for (const topic of topics) {
    const page = readFileSync(pageOf(topic), 'utf8')
    for (const width of [40, 80, 120])
      it(`${topic} at ${width} columns loses no word, and no line is too long but unbreakable code`, () => {
        const text = renderMarkdown(page, width, plain)
        const told = countWords(text)
        for (const [word, count] of countWords(textOf(page)))
          assert.ok((told.get(word) ?? 0) >= count, `"${word}": ${told.get(word) ?? 0} of ${count}`)
        const code = new Set(
          blocksOfMarkdown(page).flatMap((block) =>
            block.kind === 'code' ? block.lines.map((line) => line.trim()) : [],
          ),
        )
        const tooLong = text.split('\n').filter(
          (line) =>
            displayWidth(line) > width &&
            line
              .trim()
              .replace(/^(?:-|\d+\.) /, '')
              .includes(' ') &&
            !code.has(line.trim()),
        )
        assert.deepEqual(tooLong, [])
      })
  }

  it('goes to standard output, and is the page itself', async () => {
    const { exitCode, stdout, stderr } = await ended(['help', 'kafka'])
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.equal(
      stdout,
      renderMarkdown(readFileSync(pageOf('kafka'), 'utf8'), 80, { isStyled: false, describeLink }),
    )
    assert.match(stdout, /^Groundswell over Kafka\n═{22}\n/)
  })

  it('has styles on a terminal alone, where NO_COLOR does not forbid them', async () => {
    const piped = (await ended(['help', 'kafka'])).stdout
    assert.equal(stripVTControlCharacters(piped), piped)
    const styled = (await ended(['help', 'kafka'], { isTTY: true })).stdout
    assert.notEqual(stripVTControlCharacters(styled), styled)
    const forbidden = await ended(['help', 'kafka'], { isTTY: true, env: { NO_COLOR: '' } })
    assert.equal(forbidden.stdout, piped)
  })

  it('says nothing where its reader goes away, as `| head` does', async () => {
    const run = startProgram(['help', 'wire'])
    run.child.stdout?.destroy()
    const { exitCode, stderr } = await run.ended
    assert.deepEqual([exitCode, stderr], [0, ''])
  })

  it('is as wide as the terminal', async () => {
    const { stdout } = await ended(['help', 'measuring'], {
      isTTY: true,
      columns: 50,
      env: { NO_COLOR: '1' },
    })
    assert.ok(stdout.split('\n').some((line) => line.length > 45))
    assert.equal(
      stdout,
      renderMarkdown(readFileSync(pageOf('measuring'), 'utf8'), 50, { isStyled: false, describeLink }),
    )
  })
})

describe('help', () => {
  it('lists every command and every topic with a line each', async () => {
    const { exitCode, stdout } = await ended(['help'])
    assert.equal(exitCode, 0)
    for (const name of ['run', 'orchestrator', 'driver', 'results', 'target', ...topics])
      assert.match(stdout, new RegExp(`^  ${name} {2,}\\S`, 'm'), name)
  })

  it('of a command is what its --help says, of commands within commands too', async () => {
    assert.deepEqual(await ended(['help', 'run']), await ended(['run', '--help']))
    assert.deepEqual(await ended(['help', 'results', 'list']), await ended(['results', 'list', '--help']))
  })

  it('shows both where a command and a topic share a name', async () => {
    const { exitCode, stdout } = await ended(['help', 'results'])
    assert.equal(exitCode, 0)
    assert.ok(stdout.startsWith((await ended(['results', '--help'])).stdout))
    assert.match(stdout, /^Results: where runs are kept$/m)
  })

  for (const [wrong, right] of [
    ['kafak', 'kafka'],
    ['troubleshoot', 'troubleshooting'],
    ['trouble', 'troubleshooting'],
    ['Dist', 'distributed'],
    ['valdate', 'validate'],
  ] as const)
    it(`of "${wrong}" names "${right}", with exit code 2`, async () => {
      const { exitCode, stdout, stderr } = await ended(['help', wrong])
      assert.deepEqual([exitCode, stdout], [2, ''])
      assert.match(stderr, new RegExp(`"${wrong}".*\\n.*groundswell help ${right}\``))
    })

  it('of what is like nothing names no other', async () => {
    const { exitCode, stderr } = await ended(['help', 'xylophone'])
    assert.equal(exitCode, 2)
    assert.doesNotMatch(stderr, /Did you mean/)
    assert.match(stderr, /`groundswell help` lists all/)
  })

  it('reads on where a topic has a word too many', async () => {
    assert.equal((await ended(['help', 'kafka', 'topics'])).exitCode, 2)
  })
})

describe('Markdown as text', () => {
  const table: [what: string, markdown: string, width: number, text: string][] = [
    ['a paragraph wraps', 'one two\nthree four', 9, 'one two\nthree\nfour\n'],
    ['a comment is no text', 'a\n\n<!-- b -->\nc', 40, 'a\n\nc\n'],
    ['emphasis goes, code keeps its quotes', '**a** *b* `c d`, e', 40, 'a b `c d`, e\n'],
    ['code may hold a backtick, an asterisk, a link', '`` a`b `` `*` `[x](y)`', 40, '`a`b` `*` `[x](y)`\n'],
    ['a picture is its words', '![a rate](p.svg)', 40, '[picture: a rate]\n'],
    ['a list keeps its marks', '- one\n  two\n- three\n1. four', 7, '- one\n  two\n- three\n1. four\n'],
    ['a fence is kept as it is', '```bash\na   b\n```', 3, '  a   b\n'],
    [
      'a table is aligned',
      '| a | b |\n|---|---|\n| long | c |\n| d | e \\| f |',
      40,
      'a     b\n────  ─────\nlong  c\nd     e | f\n',
    ],
    [
      'a table too wide is records',
      '| key | meaning |\n|---|---|\n| aaaaaaaa | one two three |',
      16,
      'key: aaaaaaaa\n  meaning: one\n    two three\n',
    ],
    ['an escape is its character', 'a \\{{ b', 40, 'a {{ b\n'],
  ]
  for (const [what, markdown, width, text] of table)
    it(what, () => assert.equal(renderMarkdown(markdown, width, plain), text))

  it('says where a link leads: to a topic, an address, or nowhere else', () => {
    const text = '[a](kafka.md#x) [b](https://example.org/) [c](#here) [d](../src/main.ts)'
    assert.equal(
      renderMarkdown(text, 80, { isStyled: false, describeLink }),
      '  a (help kafka) b (https://example.org/) c d\n',
    )
  })
})

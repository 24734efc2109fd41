import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { AppError } from '../lib/errors.ts'
import { nearest } from '../scenario/scenario-faults.ts'
import { renderMarkdown } from './help-layout.ts'
import type { TextStyle } from './help-markdown.ts'
import { type HelpTopic, helpNames, helpTopics, isHelpTopic, pageOf } from './help-topics.ts'
import type { ProgramContext } from './program-context.ts'
import { terminalOf, wantsColour } from './terminal.ts'

/** `groundswell help`: all there is, the help of a command, a page of the documents, or both where they share a name. */
export const helpCommand = async (
  context: Pick<ProgramContext, 'stdout' | 'env'>,
  program: Command,
  names: readonly string[],
): Promise<void> => {
  const command = findCommand(program, names)
  const topic = names.length === 1 && isHelpTopic(names[0] ?? '') ? (names[0] as HelpTopic) : undefined
  if (names.length > 0 && command === undefined && topic === undefined) throw unknown(program, names)
  const terminal = terminalOf(context.stdout)
  const tell = (markdown: string): void => {
    const style = { isStyled: wantsColour(terminal, context.env), describeLink }
    terminal.write(renderMarkdown(markdown, terminal.columns(), style))
  }
  if (names.length === 0) tell(overviewOf(program))
  if (command !== undefined) command.outputHelp()
  if (command !== undefined && topic !== undefined) terminal.write('\n')
  if (topic !== undefined) tell(await readFile(pageOf(topic), 'utf8'))
}

/** `results list` is a command of a command. */
const findCommand = (program: Command, names: readonly string[]): Command | undefined => {
  if (names.length === 0) return undefined
  let found: Command | undefined = program
  for (const name of names)
    found = found?.commands.find((command) => command.name() === name || command.aliases().includes(name))
  return found
}

const unknown = (program: Command, names: readonly string[]): AppError => {
  const asked = names.join(' ')
  const near = nearestHelp(names[0] ?? '', helpNames(program))
  return new AppError('USAGE', `no command and no topic "${asked}"`, {
    hint: `${near === undefined ? '' : `Did you mean \`groundswell help ${near}\`? `}\`groundswell help\` lists all.`,
  })
}

/** A beginning says more than a distance does: `trouble` is far from `troubleshooting`. */
const nearestHelp = (asked: string, names: readonly string[]): string | undefined =>
  (asked.length < 3 ? undefined : names.find((name) => name.startsWith(asked.toLowerCase()))) ??
  nearest(asked, names)

const overviewOf = (program: Command): string => {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
    [row(head), '|---|---|', ...rows.map(row)].join('\n')
  const commands = program.commands
    .filter((command) => command.name() !== 'help')
    .map((command) => [`\`${command.name()}\``, command.description()])
  const topics = Object.entries(helpTopics).map(([topic, text]) => [`\`${topic}\``, text])
  return `${program.description()}

${table(['command', 'what it does'], commands)}

\`groundswell help COMMAND\` shows its options, as \`--help\` does.

${table(['topic', 'what it tells'], topics)}

\`groundswell help TOPIC\` shows that page; \`groundswell help TOPIC | less\` page by page.
`
}

/** Where a link of a page leads, for a reader at a terminal. */
export const describeLink: TextStyle['describeLink'] = (target) => {
  if (/^[a-z]+:/.test(target)) return target
  const [, topic = ''] = /^(?:docs\/)?(\w+)\.md(?:#.*)?$/.exec(target) ?? []
  return isHelpTopic(topic) ? `help ${topic}` : ''
}

import { type Argument, type Command, Help, type Option } from 'commander'

/** What a value may be. */
export type CompletionValue =
  | { kind: 'none' }
  | { kind: 'files' }
  | { kind: 'directories' }
  | { kind: 'words'; words: string[] }

export interface CompletionOption {
  /** `--out`, `-o`. */
  flags: string[]
  description: string
  /** Of an option that takes one. */
  value: CompletionValue | undefined
}

export interface CompletionNode {
  /** Names of the commands that lead here, the program's own left out. */
  path: string[]
  description: string
  options: CompletionOption[]
  children: CompletionNode[]
  argument: CompletionValue
}

/** The program and all its commands, each before its own. Hidden ones are left out. */
export const describeProgram = (program: Command): CompletionNode[] => flatten(describe(program, []))

const describe = (command: Command, path: string[]): CompletionNode => {
  // Not the command's own: that may leave out, for want of room, what can be completed all the same.
  const help = new Help()
  return {
    path,
    description: command.description(),
    options: help.visibleOptions(command).map(describeOption),
    children: help
      .visibleCommands(command)
      .filter((child) => isPlain(child.name()))
      .map((child) => describe(child, [...path, child.name()])),
    argument: valueOfArguments(command.registeredArguments),
  }
}

const describeOption = (option: Option): CompletionOption => ({
  flags: [option.short, option.long].filter((flag) => flag !== undefined && isPlain(flag)) as string[],
  description: option.description,
  value: option.required || option.optional ? valueNamed(option.flags, option.argChoices) : undefined,
})

/** The first argument that can be completed speaks for all. */
const valueOfArguments = (args: readonly Argument[]): CompletionValue =>
  args
    .map((argument) => valueNamed(argument.name(), argument.argChoices))
    .find(({ kind }) => kind !== 'none') ?? { kind: 'none' }

/** A placeholder says what it stands for: `FILE`, `DIR`. */
const valueNamed = (name: string, choices: readonly string[] | undefined): CompletionValue => {
  if (choices !== undefined) return { kind: 'words', words: choices.filter(isPlain) }
  if (/file/i.test(name)) return { kind: 'files' }
  return /\bdir(ectory)?\b/i.test(name) ? { kind: 'directories' } : { kind: 'none' }
}

/** Words that need no quoting in any of the three shells. */
const isPlain = (word: string): boolean => /^[\w./@%+-]+$/.test(word)

const flatten = (node: CompletionNode): CompletionNode[] => [node, ...node.children.flatMap(flatten)]

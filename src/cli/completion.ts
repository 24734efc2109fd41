import type { Command } from 'commander'
import { type CompletionNode, type CompletionValue, describeProgram } from './completion-tree.ts'

/**
 * Completion scripts made from the commander tree, so that they know what the commands know. Each shell's script finds the
 * command that the words before the cursor name, then offers, in this order: the value of the option before the
 * cursor, options where the word begins with `-`, otherwise commands, and files where the command takes some.
 */
export const completionShells = ['bash', 'zsh', 'fish'] as const
export type CompletionShell = (typeof completionShells)[number]

/** The script for a shell, to be sourced: `source <(groundswell completion bash)`. */
export const renderCompletion = (shell: CompletionShell, program: Command): string => {
  const script = { bash: renderBash, zsh: renderZsh, fish: renderFish }[shell]
  return `${script(program.name(), describeProgram(program)).join('\n')}\n`
}

const keyOf = (node: CompletionNode): string => node.path.join(' ')

/** In single quotes, as all three shells read them. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const functionName = (program: string): string => `_${program.replace(/\W/g, '_')}`

/** Each command and option that expects a value, as `path:flag`. */
const valueCases = (nodes: readonly CompletionNode[]): { patterns: string; value: CompletionValue }[] =>
  nodes.flatMap((node) =>
    node.options.flatMap(({ flags, value }) =>
      value === undefined
        ? []
        : [{ patterns: flags.map((flag) => quote(`${keyOf(node)}:${flag}`)).join('|'), value }],
    ),
  )

/** Every path of commands as a pattern that follows `"$at $word"`. */
const stepPatterns = (nodes: readonly CompletionNode[]): string =>
  nodes
    .filter((node) => node.path.length > 0)
    .map((node) => quote(node.path.length === 1 ? ` ${keyOf(node)}` : keyOf(node)))
    .join('|')

// --- bash -----------------------------------------------------------------------------------------------------------

const bashValue = (value: CompletionValue): string => {
  switch (value.kind) {
    case 'files':
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word"))'
    case 'directories':
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word"))'
    case 'words':
      return `COMPREPLY=($(compgen -W ${quote(value.words.join('\n'))} -- "$word"))`
    case 'none':
      return ':'
  }
}

/** Runs in bash 3.2 as well, which macOS still brings: no mapfile, no associative arrays. */
const renderBash = (program: string, nodes: readonly CompletionNode[]): string[] => {
  const name = functionName(program)
  return [
    `# Completion of ${program} for bash.`,
    `${name}() {`,
    `  local IFS=$'\\n' at='' i word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"`,
    '  # "--out=x" comes as three words.',
    '  if [[ $word == = ]]; then word=',
    `  elif [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi`,
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    case "$at \${COMP_WORDS[i]}" in`,
    `      ${stepPatterns(nodes) || "''"}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;`,
    '    esac',
    '  done',
    '  COMPREPLY=()',
    '  case "$at:$previous" in',
    ...valueCases(nodes).map(({ patterns, value }) => `    ${patterns}) ${bashValue(value)}; return ;;`),
    '  esac',
    '  case "$at" in',
    ...nodes.flatMap((node) => [
      `    ${quote(keyOf(node))})`,
      `      if [[ $word == -* ]]; then ${bashValue({ kind: 'words', words: node.options.flatMap(({ flags }) => flags) })}`,
      `      else ${bashValue(node.children.length > 0 ? { kind: 'words', words: namesOf(node.children) } : node.argument)}; fi ;;`,
    ]),
    '  esac',
    '}',
    `complete -F ${name} ${program}`,
  ]
}

const namesOf = (nodes: readonly CompletionNode[]): string[] => nodes.map((node) => node.path.at(-1) ?? '')

// --- zsh ------------------------------------------------------------------------------------------------------------

const zshValue = (value: CompletionValue): string => {
  switch (value.kind) {
    case 'files':
      return '_files'
    case 'directories':
      return '_files -/'
    case 'words':
      return value.words.length === 0 ? ':' : `compadd -- ${value.words.join(' ')}`
    case 'none':
      return ':'
  }
}

/** For `_describe`: a colon parts the word from its description. */
const zshItem = (word: string, description: string): string =>
  quote(`${word.replaceAll(':', '\\:')}:${description.replaceAll('\n', ' ')}`)

const renderZsh = (program: string, nodes: readonly CompletionNode[]): string[] => {
  const name = functionName(program)
  return [
    `#compdef ${program}`,
    `${name}() {`,
    `  local at='' i previous=\${words[CURRENT-1]}`,
    '  local -a items',
    '  for ((i = 2; i < CURRENT; i++)); do',
    `    case "$at \${words[i]}" in`,
    `      ${stepPatterns(nodes) || "''"}) at="\${at:+$at }\${words[i]}" ;;`,
    '    esac',
    '  done',
    '  case "$at:$previous" in',
    ...valueCases(nodes).map(({ patterns, value }) => `    ${patterns}) ${zshValue(value)}; return ;;`),
    '  esac',
    '  case "$at" in',
    ...nodes.flatMap((node) => [
      `    ${quote(keyOf(node))})`,
      `      if [[ \${words[CURRENT]} == -* ]]; then`,
      `        items=(${node.options.flatMap(({ flags, description }) => flags.map((flag) => zshItem(flag, description))).join(' ')})`,
      '        _describe option items',
      '      else',
      ...(node.children.length === 0
        ? [`        ${zshValue(node.argument)}`]
        : [
            `        items=(${node.children.map((child) => zshItem(child.path.at(-1) ?? '', child.description)).join(' ')})`,
            '        _describe command items',
          ]),
      '      fi ;;',
    ]),
    '  esac',
    '}',
    '# In a file on fpath this runs as the function itself; sourced, it registers it.',
    `if [[ \${funcstack[1]} == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi`,
  ]
}

// --- fish -----------------------------------------------------------------------------------------------------------

/** True while exactly this command's words stand on the line. */
const fishCondition = (node: CompletionNode): string => {
  const seen = node.path.map((word) => `__fish_seen_subcommand_from ${word}`)
  const deeper = namesOf(node.children)
  if (node.path.length === 0) return '__fish_use_subcommand'
  return [
    ...seen,
    ...(deeper.length > 0 ? [`not __fish_seen_subcommand_from ${deeper.join(' ')}`] : []),
  ].join('; and ')
}

const fishValue = (value: CompletionValue): string => {
  switch (value.kind) {
    case 'files':
      return ' -F'
    case 'directories':
      return " -a '(__fish_complete_directories)'"
    case 'words':
      return ` -a ${quote(value.words.join(' '))}`
    case 'none':
      return ''
  }
}

const fishFlag = (flag: string): string =>
  flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`

const renderFish = (program: string, nodes: readonly CompletionNode[]): string[] => [
  `# Completion of ${program} for fish.`,
  `complete -c ${program} -f`,
  ...nodes.flatMap((node) => {
    const when = `complete -c ${program} -n ${quote(fishCondition(node))}`
    return [
      ...node.children.map(
        (child) => `${when} -a ${child.path.at(-1) ?? ''} -d ${fishQuote(child.description)}`,
      ),
      ...(node.children.length === 0 && node.argument.kind !== 'none'
        ? [`${when}${fishValue(node.argument)}`]
        : []),
      ...node.options.map(
        ({ flags, description, value }) =>
          `${when} ${flags.map(fishFlag).join(' ')}${value === undefined ? '' : ` -r${fishValue(value)}`} -d ${fishQuote(description)}`,
      ),
    ]
  }),
]

/** fish escapes a quote inside quotes by a backslash. */
const fishQuote = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`

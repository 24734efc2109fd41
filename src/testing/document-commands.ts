import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { blocksOf, sectionsOf, shellLinesOf } from './document-parts.ts'

/**
 * Which commands of the documents are executed where. All that no comment excuses is executed: by the tests named here,
 * else by `e2e/document-commands.test.ts`.
 */
export const executedElsewhere: Readonly<Record<string, string>> = {
  'docs/api.md': 'src/api/document.test.ts',
}

/** The documents for users and contributors, by their paths from the root. */
export const findPages = (root: string): string[] => [
  ...['.', 'docs'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
  ...['bench', 'deploy'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?:^|\/)README\.md$/.test(name))
      .map((name) => join(folder, name)),
  ),
]

/** The recipes of the README are run by `documents.test.ts`. */
const isRecipe = (heading: string): boolean => /^\d+\. /.test(heading)

/** A part of a document whose commands belong together: they find each other's servers and files. */
export interface CommandSection {
  heading: string
  lines: string[]
  /** By name. */
  files: Map<string, string>
}

export const commandSectionsOf = (path: string, document: string): CommandSection[] =>
  path in executedElsewhere
    ? []
    : sectionsOf(document).flatMap(({ heading, text }) => {
        const blocks = blocksOf(text)
        const lines = blocks.flatMap(shellLinesOf)
        if (lines.length === 0 || isRecipe(heading)) return []
        const files = blocks.flatMap(({ file, text: content }) =>
          file === undefined ? [] : [[file, content] as const],
        )
        return [{ heading, lines, files: new Map(files) }]
      })

/** What starts a server that stays, of the commands of ours. */
export const isServing = (line: string): boolean =>
  /^(?:npx )?groundswell (?:orchestrator|driver|target)\b/.test(line) || / --stay\b/.test(line)

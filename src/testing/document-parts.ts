/** Parts of a Markdown document, as far as our own documents use it. */

/** A fenced block. Behind its language it may name a file, by which other blocks of the document call it. */
export interface Block {
  language: string
  file: string | undefined
  text: string
  /** Why its commands are not executed, as the comment right before it says; undefined: they are. */
  notExecuted: string | undefined
}

/** A comment such as `<!-- not executed: needs a broker of yours -->` stands on the line before the fence. */
const fence = /(?:^<!-- not executed: ([^\n]*?) -->\n\n?)?^```(\w*)[ \t]*(\S*)\n(.*?)^```$/gms

export const blocksOf = (document: string): Block[] =>
  [...document.matchAll(fence)].map(([, notExecuted, language = '', file = '', text = '']) => ({
    language,
    file: file === '' ? undefined : file,
    text,
    notExecuted,
  }))

/** The lines of a block of shell commands that are to be executed; what a backslash continues is one line. */
export const shellLinesOf = ({ language, text, notExecuted }: Block): string[] =>
  language !== 'bash' || notExecuted !== undefined
    ? []
    : text
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('#'))

/** The parts of a document that begin with its headings of the first three levels. */
export const sectionsOf = (document: string): { heading: string; text: string }[] => {
  const code = [...document.matchAll(fence)].map(
    ({ index, 0: { length } }) => [index, index + length] as const,
  )
  const starts = [...document.matchAll(/^#{1,3} (.+)$/gm)].filter(
    ({ index }) => !code.some(([from, to]) => index > from && index < to),
  )
  return starts.map(({ index, 1: heading = '' }, i) => ({
    heading,
    text: document.slice(index, starts[i + 1]?.index),
  }))
}

/** The arguments of every `groundswell` command in a block of shell commands. */
export const commandsOf = ({ language, text }: Block): string[][] =>
  language === 'bash'
    ? text
        .split(/\n|&&/)
        .map((line) => /^\s*(?:npx )?groundswell\b(.*)/.exec(line)?.[1])
        .filter((line) => line !== undefined)
        .map(splitWords)
    : []

/** As a shell does for words without escapes; what is redirected is not ours. */
const splitWords = (line: string): string[] =>
  [...line.replace(/ [>|].*/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )

/** Links into the repository. */
export const linksOf = (document: string): string[] =>
  [...withoutCode(document).matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset)="([^"]+)"/g)]
    .map(([, link, picture]) => link ?? picture ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))

/** Files and folders of the sources that are named in code spans, from the root. */
export const pathsOf = (document: string): string[] =>
  [...document.replace(fence, '').matchAll(/`((?:src|docs|scripts|bench|deploy|scenarios)\/[\w./-]*)`/g)].map(
    ([, path = '']) => path,
  )

/** What GitHub makes of headings. */
export const headingAnchorsOf = (document: string): string[] =>
  [...document.replace(fence, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

const withoutCode = (document: string): string => document.replace(fence, '').replace(/`[^`\n]*`/g, '')

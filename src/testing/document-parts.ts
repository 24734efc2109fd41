/** Parts of a Markdown document, as far as our own documents use it. */

/** A fenced block. Behind its language it may name a file, by which other blocks of the document call it. */
export interface Block {
  language: string
  file: string | undefined
  text: string
}

const fence = /^```(\w*)[ \t]*(\S*)\n(.*?)^```$/gms

export const blocksOf = (document: string): Block[] =>
  [...document.matchAll(fence)].map(([, language = '', file = '', text = '']) => ({
    language,
    file: file === '' ? undefined : file,
    text,
  }))

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
  [...withoutCode(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))

/** Files and folders of the sources that are named in code spans, from the root. */
export const pathsOf = (document: string): string[] =>
  [...document.replace(fence, '').matchAll(/`((?:src|docs|scripts|bench|scenarios)\/[\w./-]*)`/g)].map(
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

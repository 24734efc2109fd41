import { readdir, readFile } from 'node:fs/promises'
import type { ExampleList } from './answer-schemas.ts'
import { defineRoute, type Route } from './route.ts'

/** They ship with the package, beside `src/` and `dist/`. */
const folder = new URL('../../scenarios/', import.meta.url)

/** The scenarios that ship with Groundswell, so that a first run needs no file. */
export const exampleRoutes = (): Route[] => {
  let read: Promise<ExampleList> | undefined
  return [
    defineRoute({
      method: 'GET',
      path: '/api/examples',
      summary: 'Scenarios to begin with: those that ship with the package.',
      tag: 'scenarios',
      answers: {
        200: { description: 'The first one first.', content: { 'application/json': 'ExampleList' } },
      },
      errors: [],
      handle: async () => {
        read ??= readExamples(folder)
        return { status: 200, json: await read }
      },
    }),
  ]
}

/** Every `.yaml` of a folder, with those of its CSV files that it names. A folder that is not there has none. */
export const readExamples = async (from: URL): Promise<ExampleList> => {
  const names = (await readdir(from).catch(() => [])).sort(
    (a, b) => Number(b === 'first.yaml') - Number(a === 'first.yaml') || (a < b ? -1 : 1),
  )
  const tables = names.filter((name) => name.endsWith('.csv'))
  const examples = names
    .filter((name) => name.endsWith('.yaml'))
    .map(async (name) => {
      const text = withoutModeline(await readFile(new URL(name, from), 'utf8'))
      const assets: Record<string, string> = {}
      for (const table of tables)
        if (text.includes(table)) assets[table] = await readFile(new URL(table, from), 'base64')
      return { name: name.replace(/\.yaml$/, ''), title: titleOf(text), text, assets }
    })
  return { examples: await Promise.all(examples) }
}

/** It tells an editor where the schema lies: not here. */
const withoutModeline = (text: string): string => text.replace(/^# yaml-language-server:.*\n/, '')

/** The comment at the top, without its marks. */
const titleOf = (text: string): string =>
  (/^(?:#.*\n)+/.exec(text)?.[0] ?? '').replaceAll(/^# ?/gm, '').replaceAll('\n', ' ').trim()

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { decodeColumn } from '../results/heat-column.ts'
import { ApiWorld } from '../testing/api-world.ts'
import { blocksOf } from '../testing/document-parts.ts'
import { rootDirectory } from '../testing/run-program.ts'
import { waitFor } from '../testing/wait-for.ts'

const document = readFileSync(join(rootDirectory, 'docs/api.md'), 'utf8')

interface Curl {
  method: string
  url: string
  headers: Record<string, string>
  body: string | undefined
}

/** A `curl` command as the request that it makes; throws at an option that is not known here. */
const parseCurl = (line: string, files: ReadonlyMap<string, string>): Curl => {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  const curl: Curl = { method: 'GET', url: '', headers: {}, body: undefined }
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? ''
    if (word === '-N') continue
    if (word === '-X') curl.method = words[++i] ?? ''
    else if (word === '-H') {
      const [name = '', value = ''] = (words[++i] ?? '').split(': ')
      curl.headers[name] = value
    } else if (word === '-d' || word === '--data-binary') {
      const data = words[++i] ?? ''
      curl.method = 'POST'
      curl.body = data.startsWith('@') ? files.get(data.slice(1)) : data
      assert.ok(curl.body !== undefined, `${data} is not in the document`)
    } else if (word.startsWith('http')) curl.url = word
    else assert.fail(`${line}: ${word}?`)
  }
  return curl
}

it('docs/api.md: every command does what the page says', async () => {
  await using world = await ApiWorld.start()
  const here = (text: string): string =>
    text.replaceAll('http://localhost:8001', world.url).replaceAll('http://localhost:8080', world.target.url)
  // The routes of the brief come last, and need a target.
  const brief = await ApiWorld.start({ drivers: 0, apiDefaults: { target: world.target.url } })
  const blocks = blocksOf(document)
  const files = new Map(blocks.flatMap(({ file, text }) => (file === undefined ? [] : [[file, here(text)]])))
  const commands = blocks
    .filter(({ language }) => language === 'bash')
    .flatMap(({ text }) => text.trim().split('\n'))
    .filter((line) => line.startsWith('curl '))
  assert.ok(commands.length > 20)
  try {
    for (const command of commands) {
      const { method, url, headers, body } = parseCurl(here(command), files)
      const id = /runs\/([\w-]+)/.exec(url)?.[1]
      const run = id === undefined ? undefined : world.orchestrator.runs.get(id)
      if (run !== undefined) {
        const isSteering = method === 'POST'
        if (isSteering) await waitFor('the run to run', () => run.state.phase === 'running')
        else if (/timeline|seconds|report/.test(url)) await run.ended
        if (method === 'DELETE') world.keep(run.id)
        if (url.endsWith('/events')) {
          await waitFor('the run to be ready', async () => {
            const { status } = await world.ask('POST', `/api/runs/${run.id}/trigger`)
            return status === 202
          })
        }
      }
      const isOfBrief = /avalanche|tsunami|tests$/.test(url)
      const asked = isOfBrief ? url.replace(world.url, brief.url) : url
      const response = await fetch(asked, { method, headers, ...(body === undefined ? {} : { body }) })
      const text = await response.text()
      assert.ok(response.ok, `${command}\n${response.status} ${text}`)
    }
  } finally {
    await brief[Symbol.asyncDispose]()
  }
})

it('docs/api.md: the example of a column is one', () => {
  const [, column = ''] = /Example: `(\S+)`/.exec(document) ?? []
  assert.deepEqual(decodeColumn(column), [0, 0, 5, 0, 0, 0, 300])
})

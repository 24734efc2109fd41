import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readTable } from './feeders.ts'

const table = (text: string) => readTable(Buffer.from(text))

it('a table is read with quotes, line breaks in cells, a byte order mark and empty lines', async () => {
  assert.deepEqual(await table('\ufeffname,note\r\n"ann","two\nlines, ""quoted"""\r\n\r\nbob,\r\n'), {
    columns: ['name', 'note'],
    rows: 2,
    problems: [],
  })
})

const bad: [string, string, { line?: number; message: RegExp }][] = [
  ['nothing', '', { message: /empty file/ }],
  ['no rows', 'a,b\n', { message: /no rows/ }],
  ['a row too short', 'a,b\n1,2\n1\n', { line: 3, message: /row 2 has 1 cell, where the header has 2/ }],
  ['a row too long', 'a\n1\n1,2\n', { line: 3, message: /row 2 has 2 cells/ }],
  ['a column twice', 'a,a\n1,2\n', { line: 1, message: /two columns "a"/ }],
  ['a column without a name', 'a, \n1,2\n', { line: 1, message: /column 2 has no name/ }],
  ['an open quote', 'a\n"1\n', { line: 2, message: /Quote Not Closed/ }],
]
for (const [what, text, { line, message }] of bad)
  it(`a table with ${what} is refused`, async () => {
    const { problems } = await table(text)
    assert.equal(problems[0]?.line, line)
    assert.match(problems[0]?.message ?? '', message)
  })

it('of 10,000 ragged rows ten are named and the others counted', async () => {
  const { problems } = await table(`a,b\n${'1\n'.repeat(10_000)}`)
  assert.equal(problems.length, 11)
  assert.match(problems.at(-1)?.message ?? '', /9,990 more/)
})

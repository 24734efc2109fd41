import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { emptyMeasurement } from '../measuring/measurement.ts'
import { encodeMeasurement } from '../measuring/measurement-wire.ts'
import { errorKinds, unsentReasons } from '../measuring/outcomes.ts'
import { renderWireDocument } from '../testing/describe-messages.ts'
import { fieldsOf, jsonSchemaOf } from '../testing/describe-schema.ts'
import { decodeMessage } from './message-codec.ts'
import { driverStates, messageSchemas, protocol } from './messages.ts'
import { type Topic, topics } from './topics.ts'

const document = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8')
const allTopics = Object.keys(messageSchemas) as Topic[]

/** The text under a heading, up to the next of the same or a higher level. */
const sectionOf = (heading: string): string => {
  const level = /^#+/.exec(heading)?.[0].length ?? 0
  const [, after = ''] = document.split(`\n${heading}\n`)
  return after.split(new RegExp(`^#{1,${level}} `, 'm'))[0] ?? ''
}

/** The first cells of the table with this head. */
const firstCellsOf = (head: string): string[] => {
  const [, after = ''] = document.split(`\n| ${head} |`)
  const [table = ''] = after.trimEnd().split('\n\n')
  return table
    .split('\n')
    .slice(2)
    .map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? row)
}

it('docs/wire.md says of every field what the schemas say', () => {
  assert.equal(renderWireDocument(document), document, 'stale: run scripts/write-documents.ts')
})

it('every field of every message is described in its schema', () => {
  for (const topic of allTopics)
    for (const { path, schema } of fieldsOf(jsonSchemaOf(messageSchemas[topic])))
      if (!/^(requests|totals)\[\]\./.test(path)) assert.ok(schema.description, `${topic}: ${path}`)
})

it('docs/wire.md names every topic and no other', () => {
  assert.deepEqual(firstCellsOf('topic | from → to | key | when').sort(), Object.values(topics).sort())
  assert.deepEqual(Object.values(topics).sort(), allTopics.sort())
})

it('docs/wire.md names every state of a driver, field of a measurement, kind of error and reason for not sending', () => {
  assert.deepEqual(firstCellsOf('state | the driver').sort(), [...driverStates].sort())
  assert.deepEqual(
    firstCellsOf('field | what it counts').sort(),
    Object.keys(encodeMeasurement(emptyMeasurement)).sort(),
  )
  assert.deepEqual(firstCellsOf('error kind | what happened'), [...errorKinds])
  assert.deepEqual(firstCellsOf('unsent reason | why'), [...unsentReasons])
})

for (const topic of allTopics)
  it(`the example of ${topic} in docs/wire.md is such a message`, () => {
    const examples = [...sectionOf(`## ${topic}`).matchAll(/```json\n(.+?)\n```/gs)]
    assert.equal(examples.length, 1)
    const decoded = decodeMessage(topic, Buffer.from(examples[0]?.[1] ?? ''))
    assert.ok('message' in decoded, JSON.stringify(decoded))
    assert.equal(decoded.message.protocol, protocol)
    assert.deepEqual(
      Object.keys(JSON.parse(examples[0]?.[1] ?? '')).filter((key) => !(key in decoded.message)),
      [],
      'no field that the schema does not know',
    )
  })

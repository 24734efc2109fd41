import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleTroubledResult } from '../testing/sample-result.ts'
import { renderReportJson } from './report-json.ts'

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, reversed(inner)]),
  )
}

test('the text is the result, whole', () => {
  const result = sampleTroubledResult()
  assert.deepEqual(JSON.parse(renderReportJson(result)), result)
})

test('equal results are equal texts, in whatever order their fields were set', () => {
  const result = sampleTroubledResult()
  const other = reversed(result) as typeof result
  assert.notEqual(JSON.stringify(other), JSON.stringify(result))
  assert.equal(renderReportJson(other), renderReportJson(result))
})

test('the verdict stands near the top, a totals object begins with what was started', () => {
  const text = renderReportJson(sampleTroubledResult())
  assert.match(text, /^\{\n {2}"id": "[^"]+",\n {2}"name": "shop",/)
  assert.match(text, /"totals": \{\n {4}"started": \d+,\n {4}"sent": \d+,\n {4}"answered": \d+,/)
  assert.match(text, /\}\n$/)
})

test('a name that is a property of every object is kept', () => {
  const result = sampleTroubledResult()
  const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}')
  assert.match(renderReportJson({ ...result, labels }), /"__proto__": "x"/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { streamOf } from '../../lib/random.ts'
import type { TemplateBuiltin } from '../../scenario/template.ts'
import { RequestSlot } from './request-slot.ts'
import { createBuiltinValue, type ValueSources } from './template-value.ts'

const wallMs = Date.UTC(2026, 10, 20, 18, 31, 26, 7)
const sources: ValueSources = { seed: 42, driver: 3, clock: { ...systemClock, wallMs: () => wallMs + 0.5 } }

interface Wanted {
  name: TemplateBuiltin
  args?: number[]
  form: RegExp
  isNumber: boolean
  /** Different operations have different values. */
  varies: boolean
}

const wanted: Wanted[] = [
  { name: 'seq', form: /^\d+$/, isNumber: true, varies: true },
  { name: 'driver', form: /^3$/, isNumber: true, varies: false },
  {
    name: 'uuid',
    form: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    isNumber: false,
    varies: true,
  },
  { name: 'random', form: /^0\.\d{9}$/, isNumber: true, varies: true },
  {
    name: 'randomInt',
    args: [-50, 1000],
    form: /^(-([1-9]|[1-4]\d|50)|\d{1,3}|1000)$/,
    isNumber: true,
    varies: true,
  },
  { name: 'randomInt', args: [100, 999], form: /^[1-9]\d\d$/, isNumber: true, varies: true },
  { name: 'randomString', args: [20], form: /^[A-Za-z0-9]{20}$/, isNumber: false, varies: true },
  { name: 'randomHex', args: [16], form: /^[0-9a-f]{16}$/, isNumber: false, varies: true },
  { name: 'time', form: /^1795199486$/, isNumber: true, varies: false },
  { name: 'timeMs', form: /^1795199486007$/, isNumber: true, varies: false },
  { name: 'isoTime', form: /^2026-11-20T18:31:26\.007Z$/, isNumber: false, varies: false },
]

const valuesOf = (name: TemplateBuiltin, args: number[], stream: string, given = sources): string[] => {
  const value = createBuiltinValue(name, args, streamOf(stream), given)
  return Array.from({ length: 500 }, (_, index) => {
    const slot = new RequestSlot()
    value.write(slot, index)
    return slot.text()
  })
}

for (const { name, args = [], form, isNumber, varies } of wanted)
  test(`${[name, ...args].join(' ')} has its form, its width, and a value for each operation`, () => {
    const { width, isNumber: saysNumber } = createBuiltinValue(name, args, streamOf('a'), sources)
    const values = valuesOf(name, args, 'a')
    assert.equal(saysNumber, isNumber)
    for (const value of values) {
      assert.match(value, form)
      if (width !== undefined) assert.equal(value.length, width)
      if (isNumber) assert.equal(typeof JSON.parse(value), 'number')
    }
    assert.equal(new Set(values).size > 250, varies)
    assert.deepEqual(valuesOf(name, args, 'a'), values)
  })

test('another seed or another expression draws other values', () => {
  for (const name of ['uuid', 'random'] as const) {
    const values = valuesOf(name, [], 'a')
    assert.equal(new Set([...values, ...valuesOf(name, [], 'b')]).size, 1000)
    assert.equal(new Set([...values, ...valuesOf(name, [], 'a', { ...sources, seed: 43 })]).size, 1000)
  }
})

test('random characters use their whole alphabet evenly at every place', () => {
  const values = valuesOf('randomHex', [8], 'a')
  for (let place = 0; place < 8; place++) {
    const counts = new Map<string, number>()
    for (const value of values) counts.set(value[place] ?? '', (counts.get(value[place] ?? '') ?? 0) + 1)
    assert.equal(counts.size, 16)
    // 500 draws of 16: 31 expected, a standard deviation of 5.4.
    assert.ok([...counts.values()].every((count) => count > 5 && count < 62))
  }
})

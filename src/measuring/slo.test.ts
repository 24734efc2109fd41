import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSlo, type Slo } from './slo.ts'

const response = (figure: 'min' | 'mean' | 'max' | number) =>
  ({ kind: 'time', time: 'response', figure }) as const

const slos: { text: string; slo: Omit<Slo, 'text' | 'stop'> & { stop?: boolean } }[] = [
  { text: 'p99 < 250ms', slo: { subject: response(99), condition: '<', threshold: 250, unit: 'ms' } },
  { text: 'p99.9<=1.5s', slo: { subject: response(99.9), condition: '<=', threshold: 1500, unit: 'ms' } },
  { text: 'min > 100us', slo: { subject: response('min'), condition: '>', threshold: 0.1, unit: 'ms' } },
  { text: 'mean >= 1ms', slo: { subject: response('mean'), condition: '>=', threshold: 1, unit: 'ms' } },
  { text: 'median = 20ms', slo: { subject: response(50), condition: '=', threshold: 20, unit: 'ms' } },
  {
    text: 'service-p95 < 1m30s',
    slo: {
      subject: { kind: 'time', time: 'service', figure: 95 },
      condition: '<',
      threshold: 90_000,
      unit: 'ms',
    },
  },
  {
    text: 'lateness-max < 5ms',
    slo: {
      subject: { kind: 'time', time: 'lateness', figure: 'max' },
      condition: '<',
      threshold: 5,
      unit: 'ms',
    },
  },
  {
    text: 'errors < 0.5%',
    slo: { subject: { kind: 'errors' }, condition: '<', threshold: 0.005, unit: 'share' },
  },
  { text: 'errors = 0', slo: { subject: { kind: 'errors' }, condition: '=', threshold: 0, unit: 'count' } },
  {
    text: 'unsent <= 10',
    slo: { subject: { kind: 'unsent' }, condition: '<=', threshold: 10, unit: 'count' },
  },
  {
    text: 'checks > 99 %',
    slo: { subject: { kind: 'checks' }, condition: '>', threshold: 0.99, unit: 'share' },
  },
  {
    text: 'rate > 30k/min',
    slo: { subject: { kind: 'rate' }, condition: '>', threshold: 500, unit: 'perSecond' },
  },
  {
    text: 'status 503 = 0',
    slo: { subject: { kind: 'status', status: '503' }, condition: '=', threshold: 0, unit: 'count' },
  },
  {
    text: 'status 5XX of GET /a:b < 1%: stop',
    slo: {
      subject: { kind: 'status', status: '5xx' },
      of: 'GET /a:b',
      condition: '<',
      threshold: 0.01,
      unit: 'share',
      stop: true,
    },
  },
  {
    text: 'p95 of checkout < 1s for 10s: stop',
    slo: {
      subject: response(95),
      of: 'checkout',
      condition: '<',
      threshold: 1000,
      unit: 'ms',
      forSeconds: 10,
      stop: true,
    },
  },
  {
    text: 'p95 of GET /find?a=1 < 1s',
    slo: { subject: response(95), of: 'GET /find?a=1', condition: '<', threshold: 1000, unit: 'ms' },
  },
  {
    text: 'max of best of show for you < 1s for 2m',
    slo: {
      subject: response('max'),
      of: 'best of show for you',
      condition: '<',
      threshold: 1000,
      unit: 'ms',
      forSeconds: 120,
    },
  },
  {
    text: 'max of "a < b" < 1s',
    slo: { subject: response('max'), of: 'a < b', condition: '<', threshold: 1000, unit: 'ms' },
  },
]
for (const { text, slo } of slos)
  test(`"${text}" is understood`, () => {
    assert.deepEqual(parseSlo(`  ${text} `), { ok: true, slo: { text, stop: false, ...slo } })
  })

const faults = [
  { text: '', message: /compares nothing/, expected: /SUBJECT/ },
  { text: 'p99', message: /compares nothing/, expected: /p99 < 250ms/ },
  { text: 'p99 <', message: /nothing to compare with/, expected: /THRESHOLD/ },
  { text: '< 3ms', message: /compares nothing/, expected: /SUBJECT/ },
  { text: 'p99 =< 3ms', message: /"=<" is no condition/, expected: /<=/ },
  { text: 'p99 != 3ms', message: /"!=" is no condition/, expected: /<=/ },
  { text: 'p99 < 250', message: /p99 is compared with a duration; 250 has no unit/, expected: /250ms/ },
  { text: 'p99 < 3 apples', message: /"3 apples" is no duration/, expected: /a duration/ },
  { text: 'p99 < 1%', message: /"1%" is no duration/, expected: /a duration/ },
  { text: 'rate > 900', message: /900 has no unit/, expected: /900\/s/ },
  { text: 'checks > 99', message: /99 has no unit/, expected: /99%/ },
  { text: 'errors < 0.1', message: /neither a share nor a number/, expected: /1%/ },
  { text: 'errors < 101%', message: /neither a share nor a number/, expected: /1%/ },
  { text: 'errors < -1', message: /neither a share nor a number/, expected: /10/ },
  { text: 'error < 1%', message: /did you mean "errors"/, expected: /p99\.9.*errors/ },
  { text: 'P99 < 1s', message: /did you mean "p99"/, expected: /p99/ },
  { text: 'pp95 < 1s', message: /did you mean "p95"/, expected: /p99/ },
  { text: 'p999 < 1s', message: /did you mean "p99.9"/, expected: /p99/ },
  { text: 'p100 < 1s', message: /did you mean "max"/, expected: /max/ },
  { text: 'avg < 1s', message: /did you mean "mean"/, expected: /mean/ },
  { text: 'servise-p99 < 1s', message: /did you mean "service-p99"/, expected: /service-p99/ },
  { text: 'constructor < 1s', message: /is nothing that is measured/, expected: /p50/ },
  { text: 'status < 1%', message: /names no status code/, expected: /status 5xx/ },
  { text: 'status 5yx < 1%', message: /names no status code/, expected: /status 5xx/ },
  { text: 'status 503 504 < 1%', message: /names no status code/, expected: /status 5xx/ },
  { text: 'p99 of < 1s', message: /"of" is followed by no name/, expected: /the name/ },
  { text: 'p99 < 1s for ever', message: /"for ever" is no time/, expected: /for 10s/ },
  { text: 'p99 < 1s for 1500ms', message: /no time to judge by/, expected: /whole seconds/ },
  { text: 'p99 < 1s for 0s', message: /no time to judge by/, expected: /from 1s/ },
  { text: 'p99 < 1s for 25h', message: /no time to judge by/, expected: /24h/ },
  { text: 'p99 < 1s for', message: /no time to judge by/, expected: /for 10s/ },
  { text: 'p99 < 1s: stopp', message: /"stopp" is no action/, expected: /: stop/ },
  { text: 'p99 < 1s:', message: /"" is no action/, expected: /: stop/ },
  { text: 'p'.repeat(501), message: /longer than 500/, expected: /SUBJECT/ },
]
for (const { text, message, expected } of faults)
  test(`"${text.slice(0, 40)}" is refused with what would be right`, () => {
    const parsed = parseSlo(text)
    assert.ok(!parsed.ok)
    assert.match(parsed.message, message)
    assert.match(parsed.expected, expected)
  })

test('an SLO is plain JSON', () => {
  const parsed = parseSlo('p95 of checkout < 1s for 10s: stop')
  assert.deepEqual(JSON.parse(JSON.stringify(parsed)), parsed)
})

test('any text at all is understood or refused', () => {
  const words = fc.constantFrom(...'p99 errors status 5xx of for < <= = : stop 10s 1% 900/s 3 " a'.split(' '))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words, { maxLength: 9 }).map((all) => all.join(' ')),
      ),
      (text) => {
        const parsed = parseSlo(text)
        if (parsed.ok) assert.deepEqual(parseSlo(parsed.slo.text), parsed)
        else assert.ok(parsed.message.length > 0 && parsed.expected.length > 0)
      },
    ),
    { seed: 20_265, numRuns: 1000 },
  )
})

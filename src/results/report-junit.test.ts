import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleResult, sampleTroubledResult } from '../testing/sample-result.ts'
import { renderReportJunit } from './report-junit.ts'

test('a passed run has a case for itself, each SLO and each check', () => {
  const xml = renderReportJunit(sampleResult())
  assert.match(xml, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites /)
  assert.match(
    xml,
    /<testsuite name="shop" tests="4" failures="0" errors="0" skipped="0" time="30.000" timestamp="2026/,
  )
  assert.match(xml, /<testcase classname="shop.run" name="the run is complete" time="30.000"\/>/)
  assert.match(xml, /<testcase classname="shop.slo" name="p99 &lt; 250ms" time="0"\/>/)
  assert.match(xml, /<testcase classname="shop.check" name="status is 201" time="0"\/>/)
})

test('failures say what was observed; what could not be judged is skipped', () => {
  const xml = renderReportJunit(sampleTroubledResult())
  assert.match(xml, /tests="6" failures="3" errors="0" skipped="1"/)
  assert.match(
    xml,
    /name="the run is complete"[^>]*><failure message="degraded: driver d2 fell silent[^"]*">/,
  )
  assert.match(
    xml,
    /name="p99 &lt; 250ms" time="0"><failure message="observed 812 ms, first crossed in second 12">/,
  )
  assert.match(xml, /name="p95 of refund &lt; 1s" time="0"><skipped message="not judged: no data"\/>/)
  assert.match(xml, /name="status is 201" time="0"><failure message="failed for 25 of 8000 answers">/)
})

test('a run that failed by its SLOs is complete; one that failed otherwise is not', () => {
  const [slo] = sampleResult().slo
  assert.ok(slo)
  const bySlo = sampleResult({ outcome: 'failed', why: ['p99'], slo: [{ ...slo, passed: false }] })
  assert.match(renderReportJunit(bySlo), /name="the run is complete" time="30.000"\/>/)
  const otherwise = sampleResult({ outcome: 'failed', why: ['no driver became ready'] })
  assert.match(renderReportJunit(otherwise), /<failure message="failed: no driver became ready">/)
})

test('a stopped run is skipped, and a check that was never asked', () => {
  const { totals } = sampleResult()
  const xml = renderReportJunit(sampleResult({ outcome: 'stopped', totals: { ...totals, checks: {} } }))
  assert.match(xml, /name="the run is complete" time="30.000"><skipped message="stopped early"\/>/)
  assert.match(xml, /name="status is 201" time="0"><skipped message="never asked"\/>/)
})

test('names cannot break out of the XML, nor bring characters that it forbids', () => {
  const name = `"/><evil a='&'>\n]]>\x00\x1b\x0b\ud800\uffff日本`
  const xml = renderReportJunit(sampleResult({ name }))
  assert.ok(xml.includes('name="&quot;/&gt;&lt;evil a=&apos;&amp;&apos;&gt;&#10;]]&gt;日本"'))
  assert.doesNotMatch(xml.replaceAll('\n', ''), /[\p{Cc}\p{Cs}\uffff]/u)
})

test('a run that could not begin fails, and says why', () => {
  const error = { code: 'DRIVERS_MISSING', message: 'Only 1 of 2 drivers came', hint: 'Start another.' }
  const xml = renderReportJunit(sampleResult({ outcome: null, startedAt: null, error }))
  assert.match(
    xml,
    /<failure message="could not run: Only 1 of 2 drivers came">could not run: [^<]*&#10;Start another\.<\/failure>/,
  )
})

import type { Scenario } from '../scenario/scenario.ts'
import type { RunResult } from './run-result.ts'
import { sumCounts } from './summary-text-figures.ts'

/**
 * A run as a JUnit XML report, which every CI server reads: a case for the run itself, one for each SLO and one for each
 * check. What could not be judged is skipped, not passed; so is what drivers written by others did not say.
 *
 *   testsuites > testsuite (the run) > testcase [failure | skipped]
 */
interface Case {
  group: 'run' | 'driver' | 'slo' | 'check'
  name: string
  failure?: string
  skipped?: string
}

export const renderReportJunit = (result: RunResult): string => {
  const cases = [runCase(result), ...unknownCases(result), ...sloCases(result), ...checkCases(result)]
  const failures = cases.filter(({ failure }) => failure !== undefined).length
  const skipped = cases.filter((one) => one.failure === undefined && one.skipped !== undefined).length
  const seconds = (result.elapsedMs / 1000).toFixed(3)
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds}"`
  const timestamp = result.startedAt === null ? '' : ` timestamp="${escapeXml(result.startedAt)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="groundswell" ${counts}>`,
    `  <testsuite name="${escapeXml(result.name)}" ${counts}${timestamp}>`,
    '    <properties>',
    `      <property name="run" value="${escapeXml(result.id)}"/>`,
    `      <property name="seed" value="${result.seed}"/>`,
    '    </properties>',
    ...cases.map((one) => renderCase(one, result.name, one.group === 'run' ? seconds : '0')),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

/** Whether the figures may be trusted. A run that failed by its SLOs is complete: their own cases fail. */
const runCase = (result: RunResult): Case => {
  const name = 'the run is complete'
  const why = result.why.join('\n')
  const sloFailed = result.slo.some(({ passed }) => passed === false)
  if (result.error !== null)
    return { group: 'run', name, failure: `could not run: ${result.error.message}\n${result.error.hint}` }
  if (result.outcome === null) return { group: 'run', name, skipped: 'not finished' }
  if (result.outcome === 'stopped') return { group: 'run', name, skipped: why === '' ? 'stopped early' : why }
  if (result.outcome === 'degraded' || (result.outcome === 'failed' && !sloFailed)) {
    return { group: 'run', name, failure: why === '' ? result.outcome : `${result.outcome}: ${why}` }
  }
  return { group: 'run', name }
}

/** What is known of a driver written by others is no measurement of ours: neither passed nor failed. */
const unknownCases = ({ drivers }: RunResult): Case[] =>
  drivers
    .filter(({ isForeign }) => isForeign)
    .map(({ id, totals, assumedFinished }): Case => {
      const figures = [
        `sent ${totals.sent ?? 'unknown'}`,
        `answered ${totals.answered ?? 'unknown'}`,
        `errors ${totals.errors === null ? 'unknown' : sumCounts(totals.errors)}`,
        ...(assumedFinished ? ['assumed to have finished'] : []),
      ]
      const name = `driver ${id} is measured`
      return { group: 'driver', name, skipped: `written by others, it says: ${figures.join(', ')}` }
    })

const sloCases = (result: RunResult): Case[] =>
  result.slo.map((slo): Case => {
    const base = { group: 'slo', name: slo.text } as const
    if (slo.passed === null) return { ...base, skipped: `not judged: ${slo.observedText}` }
    if (slo.passed) return base
    const since = slo.brokenAtSecond === null ? '' : `, first crossed in second ${slo.brokenAtSecond}`
    return { ...base, failure: `observed ${slo.observedText}${since}` }
  })

const checkCases = (result: RunResult): Case[] => {
  const asked = result.totals.checks
  const never = checkNames(result.scenario).filter((name) => !Object.hasOwn(asked, name))
  const counts = [...Object.entries(asked), ...never.map((name) => [name, { passed: 0, failed: 0 }] as const)]
  return counts.map(([name, { passed, failed }]): Case => {
    const base = { group: 'check', name } as const
    if (passed + failed === 0) return { ...base, skipped: 'never asked' }
    return failed === 0 ? base : { ...base, failure: `failed for ${failed} of ${passed + failed} answers` }
  })
}

const checkNames = (scenario: Scenario): string[] => {
  const requests = scenario.http.requests.flatMap((one) => (one.kind === 'journey' ? one.steps : [one]))
  return [
    ...new Set(requests.flatMap((one) => (one.kind === 'request' ? one.checks : [])).map(({ name }) => name)),
  ]
}

const renderCase = ({ group, name, failure, skipped }: Case, suite: string, seconds: string): string => {
  const head = `    <testcase classname="${escapeXml(`${suite}.${group}`)}" name="${escapeXml(name)}" time="${seconds}"`
  if (failure !== undefined) {
    const [first = ''] = failure.split('\n')
    return `${head}><failure message="${escapeXml(first)}">${escapeXml(failure)}</failure></testcase>`
  }
  return skipped === undefined ? `${head}/>` : `${head}><skipped message="${escapeXml(skipped)}"/></testcase>`
}

/** Characters that XML 1.0 (section 2.2) allows nowhere, not even escaped, and controls that no reader wants. */
const notXml = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

/** Text for content and attributes alike; cut, since a name may come from anywhere. */
const escapeXml = (text: string): string =>
  text
    .slice(0, 2_000)
    .replace(/[&<>"'\n\r\t]/g, (character) => entities[character] ?? '')
    .replace(notXml, '')

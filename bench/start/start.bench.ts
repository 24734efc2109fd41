import type { Figure } from '../side-by-side/baseline.ts'
import { type BenchOptions, type Findings, runBench } from '../side-by-side/bench.ts'
import { median, textTable, threeDigits } from '../side-by-side/text-table.ts'
import { measureFirstRequest, type Start, starts } from './first-request.ts'
import { type MemoryMeasurement, measureMemory } from './memory.ts'

/*
 * How long until the first request, and what a connection costs. Parts for `--only`: first-request, memory. Every way to
 * start is tried once before, so that the code is compiled.
 */
const manyConnections = 10_000

const measure = async (options: BenchOptions): Promise<Findings> => {
  const findings: Findings = { figures: [], versions: {}, text: [], details: {} }
  if ('first-request'.includes(options.only)) await addFirstRequest(findings, options)
  if ('memory'.includes(options.only)) await addMemory(findings, options)
  return findings
}

const addFirstRequest = async (findings: Findings, { rounds, progress }: BenchOptions): Promise<void> => {
  const times = new Map<Start, number[]>(starts.map((start) => [start, []]))
  for (const start of starts) await measureFirstRequest(start)
  for (let round = 1; round <= rounds; round++)
    for (const [start, of] of times) {
      const ms = await measureFirstRequest(start)
      of.push(ms)
      progress(`round ${round}  ${start.name}: ${threeDigits(ms)} ms`)
    }
  findings.text.push(
    'From the command to the first request at the target, ms:',
    textTable(
      ['', 'median', 'least', 'most'],
      [...times].map(([{ name }, of]) => [
        name,
        ...[median(of), Math.min(...of), Math.max(...of)].map(threeDigits),
      ]),
    ),
  )
  findings.figures.push(
    ...[...times].map(
      ([{ name }, of]): Figure => ({
        name: `first request after: ${name}`,
        value: median(of) / 1000,
        unit: 's',
        goal: { atMost: 1 },
      }),
    ),
  )
}

const addMemory = async (findings: Findings, { progress }: BenchOptions): Promise<void> => {
  const measurements: MemoryMeasurement[] = []
  for (const connections of [1, manyConnections]) {
    const measured = await measureMemory(connections)
    measurements.push(measured)
    progress(`${connections} connections: ${Math.round(measured.residentKiB / 1024)} MiB`)
  }
  const [one, many] = measurements
  if (one === undefined || many === undefined) return
  const perConnectionKiB = (many.residentKiB - one.residentKiB) / (many.connections - one.connections)
  findings.text.push(
    'Resident memory of a driver whose connections are all open and busy:',
    textTable(
      ['connections', 'open at once', 'MiB'],
      measurements.map(({ connections, opened, residentKiB }) => [
        connections,
        opened,
        Math.round(residentKiB / 1024),
      ]),
    ),
  )
  findings.figures.push(
    { name: 'memory of a connection', value: perConnectionKiB, unit: 'KiB', goal: { atMost: 32 } },
    {
      name: `memory of a driver with ${manyConnections} connections`,
      value: many.residentKiB / 1024,
      unit: 'MiB',
      goal: { atMost: 512 },
    },
  )
}

await runBench({
  name: 'start',
  defaults: { rounds: 5, seconds: 5 },
  baseline: new URL('baseline.json', import.meta.url),
  measure,
})

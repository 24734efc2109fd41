import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../side-by-side/baseline.ts'
import { type BenchOptions, type Findings, runBench } from '../side-by-side/bench.ts'
import { busyCoreMs } from '../side-by-side/machine.ts'
import { median, textTable, threeDigits } from '../side-by-side/text-table.ts'
import type { Client } from './client.ts'
import { findClients } from './clients.ts'
import { type ClientMeasurement, measureClient } from './measure-client.ts'
import { Nginx } from './nginx.ts'

/*
 * CPU of a client per request, by the operating system's accounting, on the same nginx, in turn: A B C A B C ...
 * Each round is measured closed, then open; an open rate is a share of what that client reached closed in that round.
 * Ratios are taken within a round, so that what else the machine does meets both sides; of the rounds, the median.
 */
const connections = 50
const openShare = 0.65
/** Between two clients, for sockets to be gone and clocks to calm down. */
const restMs = 300

interface Round {
  closed: Map<string, ClientMeasurement>
  open: Map<string, ClientMeasurement>
  openRates: Map<string, number>
}

const measure = async (options: BenchOptions): Promise<Findings> => {
  const nginxVersion = Nginx.version()
  if (nginxVersion === undefined) throw new Error('nginx is not here: apt-get install nginx')
  const clients = findClients().filter(({ name }) => name === 'groundswell' || name.includes(options.only))
  const present = clients.filter(({ version }) => version !== undefined)
  const absent = clients.filter(({ version }) => version === undefined)
  await using nginx = await Nginx.start()

  const busyMs = busyCoreMs()
  const startMs = performance.now()
  const rounds: Round[] = []
  for (let i = 0; i < options.rounds; i++) rounds.push(await measureRound(present, nginx, i, options))
  const busyCores = (busyCoreMs() - busyMs) / (performance.now() - startMs)

  return {
    figures: figuresOf(rounds),
    versions: {
      nginx: nginxVersion,
      ...Object.fromEntries(present.map(({ name, version }) => [name, version ?? ''])),
    },
    text: [
      `Closed loop, ${connections} connections, ${options.seconds} s, median of ${options.rounds} rounds:`,
      tableOf(rounds, 'closed'),
      `Open loop at ${openShare * 100} % of what the same client reached closed:`,
      tableOf(rounds, 'open'),
      `CPU us/request counts from the first request to the client's end; "with start-up" is its whole life.`,
      `nginx - client: requests that nginx received and the client does not count. Cores busy meanwhile: ${threeDigits(busyCores)}.`,
      ...absent.map(({ name, install }) => `Not here: ${name}. It comes with: ${install}`),
    ],
    details: rounds.map(({ closed, open }) => ({ closed: [...closed.values()], open: [...open.values()] })),
  }
}

const measureRound = async (
  clients: readonly Client[],
  nginx: Nginx,
  number: number,
  { seconds, progress }: BenchOptions,
): Promise<Round> => {
  const round: Round = { closed: new Map(), open: new Map(), openRates: new Map() }
  const take = async (client: Client, ratePerSecond?: number): Promise<ClientMeasurement> => {
    const load = { connections, seconds, ...(ratePerSecond === undefined ? {} : { ratePerSecond }) }
    const measured = await measureClient(client, nginx, load)
    progress(
      `round ${number + 1}  ${client.name}${ratePerSecond === undefined ? '' : ` at ${ratePerSecond}/s`}: ` +
        `${Math.round(measured.perSecond)}/s, ${threeDigits(measured.cpuUsPerRequest)} us` +
        (measured.engineCpuUsPerRequest === undefined
          ? ''
          : `, engine ${threeDigits(measured.engineCpuUsPerRequest)} us`),
    )
    await sleep(restMs)
    return measured
  }
  for (const client of clients) round.closed.set(client.name, await take(client))
  for (const client of clients.filter(({ isOpen }) => isOpen)) {
    const reached = round.closed.get(client.name)?.perSecond ?? 0
    const rate = Math.round((reached * openShare) / 100) * 100
    round.openRates.set(client.name, rate)
    round.open.set(client.name, await take(client, rate))
  }
  return round
}

type Mode = 'closed' | 'open'

const tableOf = (rounds: readonly Round[], mode: Mode): string => {
  const names = [...(rounds[0]?.[mode].keys() ?? [])]
  const wrkUs = medianOf(rounds, (round) => round.closed.get('wrk')?.cpuUsPerRequest)
  const rows = names.flatMap((name) => {
    const of = (figure: (measured: ClientMeasurement) => number | undefined): number =>
      medianOf(rounds, (round) => {
        const measured = round[mode].get(name)
        return measured === undefined ? undefined : figure(measured)
      })
    const engineUs = of(({ engineCpuUsPerRequest }) => engineCpuUsPerRequest)
    const wholeUs = of(({ cpuUsPerRequest }) => cpuUsPerRequest)
    const row = (label: string, us: number, withStartUs: string): string[] => [
      label,
      String(Math.round(of(({ perSecond }) => perSecond))),
      threeDigits(us),
      withStartUs,
      threeDigits(us / wrkUs),
      threeDigits(of(({ received, answered }) => received - answered)),
    ]
    const whole = row(
      Number.isNaN(engineUs) ? name : `${name}, all processes`,
      wholeUs,
      threeDigits(of(({ wholeCpuUsPerRequest }) => wholeCpuUsPerRequest)),
    )
    return Number.isNaN(engineUs) ? [whole] : [row(`${name}, driver`, engineUs, ''), whole]
  })
  return textTable(
    ['', 'requests/s', 'CPU us/request', 'with start-up', 'x wrk closed', 'nginx - client'],
    rows,
  )
}

/** The median of those rounds that have the figure. */
const medianOf = (rounds: readonly Round[], figure: (round: Round) => number | undefined): number =>
  median(rounds.flatMap((round) => figure(round) ?? []))

/** Ours is the driver's: what a driver on another machine costs there. */
const figuresOf = (rounds: readonly Round[]): Figure[] => {
  const figures: Figure[] = []
  const add = (name: string, mode: Mode, peer: string, peerMode: Mode, atMost: number): void => {
    const value = medianOf(rounds, (round) => {
      const ours = round[mode].get('groundswell')?.engineCpuUsPerRequest
      const theirs = round[peerMode].get(peer)?.cpuUsPerRequest
      return ours === undefined || theirs === undefined ? undefined : ours / theirs
    })
    if (!Number.isNaN(value)) figures.push({ name, value, unit: '', goal: { atMost } })
  }
  add('CPU per request: closed / wrk', 'closed', 'wrk', 'closed', 1.1)
  add('CPU per request: closed / oha', 'closed', 'oha', 'closed', 1)
  add('CPU per request: closed / undici dispatch', 'closed', 'undici dispatch', 'closed', 1)
  add('CPU per request: closed / autocannon', 'closed', 'autocannon', 'closed', 1)
  add('CPU per request: closed / k6', 'closed', 'k6', 'closed', 1)
  add('CPU per request: closed / locust', 'closed', 'locust', 'closed', 1)
  add('CPU per request: open / wrk closed', 'open', 'wrk', 'closed', 1.3)
  add('CPU per request: open / autocannon open', 'open', 'autocannon', 'open', 0.5)
  add('CPU per request: open / k6 open', 'open', 'k6', 'open', 0.1)
  figures.push({
    name: 'requests that nginx and groundswell count differently',
    value: Math.max(
      ...rounds.flatMap(({ closed, open }) =>
        [closed, open].map((measurements) => {
          const ours = measurements.get('groundswell')
          return ours === undefined ? 0 : Math.abs(ours.received - ours.sent)
        }),
      ),
    ),
    unit: '',
    goal: { atMost: 0 },
  })
  return figures
}

await runBench({
  name: 'http',
  defaults: { rounds: 3, seconds: 8 },
  baseline: new URL('baseline.json', import.meta.url),
  measure,
})

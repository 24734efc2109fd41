import { z } from 'zod'
import { count, duration, rate, rateOrPercent } from './quantities.ts'
import { evenWhenFaulty, type RuleFault, rule, strictMap } from './strict-map.ts'

/** The keys of which a load has exactly one; the key is the kind. */
export const loadKinds = [
  'avalanche',
  'tsunami',
  'rate',
  'ratePerDriver',
  'stages',
  'stagesPerDriver',
  'spike',
  'sine',
] as const

const choices =
  'exactly one of avalanche, tsunami, rate, ratePerDriver, stages, stagesPerDriver, spike or sine'
const bounds = ['duration', 'requests', 'requestsPerDriver']

const stage = strictMap('a stage such as { to: 2000/s, over: 30s } or { hold: 2m }', {
  to: rate('The rate at the end of this stage.', { allowZero: true }).optional(),
  over: duration({
    description: 'How long the way there takes; left out: a step.',
    example: '30s',
    allowZero: true,
  }).optional(),
  hold: duration({ description: 'How long the rate is then held.', example: '2m' }).optional(),
}).superRefine(
  rule(function* ({ to, over, hold }) {
    if (to === undefined && hold === undefined)
      yield {
        path: [],
        message: 'a stage that neither goes anywhere nor holds',
        expected: '{ to: RATE, over: TIME }, { to: RATE } or { hold: TIME }',
        missing: ['to', 'hold'],
      }
    if (to === undefined && over !== undefined)
      yield {
        path: ['over'],
        message: '"over" without "to"',
        expected: '{ to: RATE, over: TIME }',
        missing: ['to'],
      }
  }),
  evenWhenFaulty,
)

const stages = z
  .array(stage, 'a list of stages')
  .min(1, 'at least one stage')
  .meta({
    id: 'stages',
    description: 'A rate curve, piece by piece. It begins at `from`.',
    examples: [[{ to: '2000/s', over: '30s' }, { hold: '2m' }]],
  })

const spike = strictMap('{ base, peak, every, lasting }', {
  base: rate('The rate between the spikes.', { allowZero: true }),
  peak: rateOrPercent('The rate of a spike, or percent of the base.', '200%'),
  every: duration({ description: 'From one spike to the next.', example: '10m' }),
  lasting: duration({ description: 'How long a spike lasts; it ends each period.', example: '1m' }),
}).superRefine(
  rule(function* ({ base, peak, every, lasting }) {
    if (typeof every === 'number' && typeof lasting === 'number' && lasting > every)
      yield {
        path: ['lasting'],
        message: 'a spike that lasts longer than its period',
        expected: '"lasting" no longer than "every"',
      }
    const basePerSecond = typeof base === 'number' ? base : undefined
    if (basePerSecond === undefined || typeof peak !== 'object' || peak === null) return
    const peakPerSecond =
      'share' in peak ? Number(peak.share) * basePerSecond : 'perSecond' in peak ? Number(peak.perSecond) : 0
    if (peakPerSecond <= basePerSecond)
      yield {
        path: ['peak'],
        message: 'a peak that is not above the base',
        expected: 'more than 100%, or a rate above "base"',
      }
  }),
  evenWhenFaulty,
)

const sine = strictMap('{ mean, amplitude, period }', {
  mean: rate('The rate in the middle of the wave.'),
  amplitude: rateOrPercent('How far it swings to either side, or percent of the mean.', '50%'),
  period: duration({ description: 'The length of one wave.', example: '24h' }),
}).superRefine(
  rule(function* ({ mean, amplitude }) {
    if (typeof mean !== 'number' || typeof amplitude !== 'object' || amplitude === null) return
    const perSecond =
      'share' in amplitude
        ? Number(amplitude.share) * mean
        : 'perSecond' in amplitude
          ? Number(amplitude.perSecond)
          : 0
    if (perSecond > mean)
      yield {
        path: ['amplitude'],
        message: 'an amplitude above the mean would make negative rates',
        expected: 'at most 100%, or a rate no higher than "mean"',
      }
  }),
  evenWhenFaulty,
)

function* checkChoice(load: Partial<Record<string, unknown>>): Iterable<RuleFault> {
  const chosen = loadKinds.filter((kind) => load[kind] !== undefined)
  const [kind, second] = chosen
  if (kind === undefined)
    return yield {
      path: [],
      message: 'this load does not say when operations start',
      expected: choices,
      missing: loadKinds,
    }
  if (second !== undefined) {
    yield { path: [second], message: `both "${kind}" and "${second}"`, expected: choices }
    return
  }
  const isStages = kind === 'stages' || kind === 'stagesPerDriver'
  if (!isStages && bounds.every((bound) => load[bound] === undefined))
    yield {
      path: [kind],
      message: 'this load would never end',
      expected: 'a bound beside it: duration: 30s, requests: 10000 or requestsPerDriver: 10000',
      missing: bounds,
    }
  if (!isStages && load.from !== undefined)
    yield {
      path: ['from'],
      message: `"from" with "${kind}"`,
      expected: '"from" beside stages or stagesPerDriver only',
    }
  if ((kind === 'avalanche' || kind === 'tsunami') && load.arrivals !== undefined)
    yield {
      path: ['arrivals'],
      message: `"arrivals" with "${kind}"`,
      expected: '"arrivals" beside a rate, stages, a spike or a sine only',
    }
  if (isStages) yield* checkStages(kind, load)
}

function* checkStages(kind: string, load: Partial<Record<string, unknown>>): Iterable<RuleFault> {
  const list: unknown = load[kind]
  if (!Array.isArray(list) || list.length === 0) return
  const seen: { to?: unknown; over?: unknown; hold?: unknown }[] = list.filter(
    (item) => typeof item === 'object' && item !== null,
  )
  if (seen.length < list.length) return
  if (seen[0]?.to === undefined && seen[0]?.hold !== undefined && load.from === undefined)
    yield {
      path: [kind, 0],
      message: 'the first stage holds no rate',
      expected: 'a stage with "to" before it, or "from" beside the stages',
    }
  else if (seen.every(({ to }) => to === undefined || to === 0) && (load.from ?? 0) === 0)
    yield {
      path: [kind],
      message: 'stages that never leave zero',
      expected: 'a stage with a rate above zero',
    }
  if (seen.every(({ over, hold }) => (over ?? 0) === 0 && hold === undefined))
    yield { path: [kind], message: 'stages that take no time', expected: 'a stage with "over" or "hold"' }
}

export const loadSchema = strictMap('a load such as { rate: 500/s, duration: 30s }', {
  avalanche: count({
    description: 'Closed: so many requests in flight on each driver, the next as soon as one is answered.',
    to: 1_000_000,
  }).optional(),
  tsunami: duration({
    description: 'Open: this gap between requests on each driver, whatever the answers do.',
    example: '250ms',
  }).optional(),
  rate: rate('Open: this rate, over all drivers together.').optional(),
  ratePerDriver: rate('Open: this rate on each driver.').optional(),
  stages: stages.optional(),
  stagesPerDriver: stages.optional(),
  from: rate('The rate at which stages begin; left out: 0/s.', { allowZero: true }).optional(),
  spike: spike
    .meta({ description: 'Open: a base rate with a higher one at the end of each period.' })
    .optional(),
  sine: sine.meta({ description: 'Open: a wave, as of day and night.' }).optional(),
  arrivals: z
    .enum(['uniform', 'poisson'], 'uniform or poisson')
    .meta({
      description:
        'Evenly spaced, or at random with the same rate, as from independent users. Left out: uniform.',
    })
    .optional(),
  duration: duration({ description: 'No operation starts after this time.', example: '30s' }).optional(),
  requests: count({ description: 'So many operations in all, over all drivers.' }).optional(),
  requestsPerDriver: count({ description: 'So many operations on each driver.' }).optional(),
  maxInFlight: count({
    description: 'Operations under way on one driver at once; more are counted as unsent. Left out: 100,000.',
    to: 10_000_000,
  }).optional(),
})
  .superRefine(rule(checkChoice), evenWhenFaulty)
  .meta({ description: 'When operations start: one of the kinds, and what bounds it.' })

export type LoadData = z.output<typeof loadSchema>

import type { RunResult } from '../../results/run-result.ts'
import { formatCount, formatPosition } from '../../results/summary-text-figures.ts'
import { cutText, instantText, scaleText } from '../run/run-text.ts'

/** A place where two things differ; `undefined`: it is not there. */
export interface Difference {
  path: string
  a: string | undefined
  b: string | undefined
}

const maxDepth = 12

/**
 * Where two pieces of plain data differ, in the order of the first. Lists of things with names (requests, checks) are held
 * against each other by name, others by place. What exists on one side only is one difference, however much it holds.
 */
export const differencesOf = (a: unknown, b: unknown, path = ''): Difference[] => {
  if (isSame(a, b)) return []
  const [partsA, partsB] = [partsOf(a, b), partsOf(b, a)]
  if (partsA === undefined || partsB === undefined || path.split(/[.[]/).length > maxDepth)
    return [{ path: path === '' ? '(all)' : path, a: textOf(a), b: textOf(b) }]
  const differences: Difference[] = []
  for (const key of new Set([...partsA.keys(), ...partsB.keys()]))
    differences.push(...differencesOf(partsA.get(key), partsB.get(key), join(path, key)))
  if (differences.length > 0 || !Array.isArray(a)) return differences
  return [{ path: join(path, '(order)'), a: namesOf(a), b: namesOf(b) }]
}

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

const join = (path: string, key: string): string =>
  key.startsWith('[') || path === '' ? `${path}${key}` : `${path}.${key}`

/** What is inside, by name; undefined where it cannot be held against the other part by part. */
const partsOf = (value: unknown, other: unknown): Map<string, unknown> | undefined => {
  if (Array.isArray(value) && Array.isArray(other)) {
    const isNamed = hasNames(value) && hasNames(other)
    return new Map(value.map((item, i) => [`[${isNamed ? item.name : i}]`, item]))
  }
  if (isObject(value) && isObject(other)) return new Map(Object.entries(value))
  return undefined
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasNames = (items: readonly unknown[]): items is { name: string }[] =>
  items.every((item) => isObject(item) && typeof item.name === 'string') &&
  new Set(items.map((item) => (item as { name: string }).name)).size === items.length

const namesOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map((item) => (isObject(item) ? String(item.name) : String(item))).join(', ')
    : ''

const textOf = (value: unknown): string | undefined => {
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What the run was given to do; where, with what seed and labels is in {@link environmentOf}. */
export const scenarioDifferences = (a: RunResult, b: RunResult): Difference[] =>
  differencesOf(loadOf(a), loadOf(b))

const loadOf = ({ scenario }: RunResult): unknown => {
  const { seed: _seed, labels: _labels, drivers: _drivers, http, ...rest } = scenario
  const { targets: _targets, ...requests } = http
  return { ...rest, http: requests }
}

export interface EnvironmentRow {
  name: string
  a: string
  b: string
  differs: boolean
}

const none = '–'

const maxCommands = 4

/** `load 110 % at 0:06, pause at 0:09, and 3 more`. */
const steeringText = ({ steering }: RunResult): string => {
  const told = steering
    .slice(0, maxCommands)
    .map(
      ({ command, scale, atMs }) =>
        `${scale === null ? command : `load ${scaleText(scale)}`} at ${formatPosition(atMs)}`,
    )
  const more = steering.length - told.length
  return told.length === 0
    ? 'none'
    : [...told, ...(more > 0 ? [`and ${formatCount(more)} more`] : [])].join(', ')
}

/** Where and on what both ran; labels of both, each in a row. */
export const environmentOf = (a: RunResult, b: RunResult): EnvironmentRow[] => {
  const labels = [...new Set([...Object.keys(a.labels), ...Object.keys(b.labels)])].sort()
  const facts: [name: string, of: (run: RunResult) => string, isJudged: boolean][] = [
    ['Started', (run) => instantText(run.startedAt), false],
    ['Duration', (run) => formatPosition(run.elapsedMs), false],
    ['Load', (run) => run.plan.load, true],
    ['Target', (run) => run.plan.targets.join(', ') || none, true],
    ['Drivers', (run) => formatCount(run.plan.drivers), true],
    [
      'Drivers lost',
      (run) => formatCount(run.drivers.filter(({ state }) => state === 'lost' || state === 'left').length),
      true,
    ],
    ['Steering', steeringText, true],
    ['Seed', (run) => String(run.seed), true],
    ...labels.map((label): [string, (run: RunResult) => string, boolean] => [
      `Label ${cutText(label, 60)}`,
      (run) => (Object.hasOwn(run.labels, label) ? (run.labels[label] ?? '') : none),
      true,
    ]),
  ]
  return facts.map(([name, of, isJudged]) => {
    const [left, right] = [of(a), of(b)]
    return { name, a: left, b: right, differs: isJudged && left !== right }
  })
}

/**
 * Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): for each metric HELP and TYPE
 * once, then its series. Counters never fall: where figures are corrected downwards, the higher value stays.
 */
export type Labels = Readonly<Record<string, string>>

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/** Series to their highest value. Those that are not written any more are forgotten. */
export type CounterMemory = Map<string, number>

export class PrometheusText {
  readonly #lines: string[] = []
  readonly #before: CounterMemory
  readonly #now: CounterMemory = new Map()
  readonly #written = new Set<string>()
  #name = ''

  /** `memory`: what {@link finish} of the answer before gave. */
  constructor(memory: CounterMemory) {
    this.#before = memory
  }

  /** The series that follow are of this metric. */
  metric(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void {
    this.#name = name
    this.#lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`)
  }

  /** `null` is no figure: no line. */
  gauge(labels: Labels, value: number | null): void {
    if (value !== null) this.#line(seriesOf(this.#name, labels), value)
  }

  counter(labels: Labels, value: number): void {
    this.#count(seriesOf(this.#name, labels), value)
  }

  /** `buckets`: how many values are at most each of `bounds`. */
  histogram(
    labels: Labels,
    bounds: readonly number[],
    { buckets, sum, count }: { buckets: readonly number[]; sum: number; count: number },
  ): void {
    for (const [i, bound] of bounds.entries())
      this.#count(seriesOf(`${this.#name}_bucket`, { ...labels, le: String(bound) }), buckets[i] ?? 0)
    this.#count(seriesOf(`${this.#name}_bucket`, { ...labels, le: '+Inf' }), count)
    this.#count(seriesOf(`${this.#name}_sum`, labels), sum)
    this.#count(seriesOf(`${this.#name}_count`, labels), count)
  }

  finish(): { text: string; memory: CounterMemory } {
    return { text: `${this.#lines.join('\n')}\n`, memory: this.#now }
  }

  #count(series: string, value: number): void {
    const highest = Math.max(value, this.#before.get(series) ?? 0)
    this.#now.set(series, highest)
    this.#line(series, highest)
  }

  /** Two labels may become one by being cut or cleaned; a series that is there twice would spoil the whole answer. */
  #line(series: string, value: number): void {
    if (this.#written.has(series)) return
    this.#written.add(series)
    this.#lines.push(`${series} ${Number.isFinite(value) ? value : 0}`)
  }
}

const seriesOf = (name: string, labels: Labels): string => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

/** In code units; a longer one is cut. */
export const maxLabelLength = 200

/** Backslash, quote and line feed, as the format says; other controls would only disturb who reads it. */
const escapeLabel = (value: string): string =>
  (value.length > maxLabelLength ? `${value.slice(0, maxLabelLength)}...` : value)
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replace(/\p{Cc}/gu, ' ')

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

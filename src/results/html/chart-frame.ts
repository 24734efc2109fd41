import { formatCount, formatPosition } from '../summary-text-figures.ts'
import { type Content, html, Markup, tenth } from './markup.ts'

/**
 * What all charts have in common: a field with axes, in units of an SVG view box. Colours are presentation attributes, so
 * that a picture shows where a server forbids styles; classes let the style sheet change them for a dark page.
 */
export interface Field {
  width: number
  height: number
  left: number
  right: number
  top: number
  bottom: number
}

export const timeField: Field = { width: 680, height: 216, left: 54, right: 78, top: 18, bottom: 24 }

/** Of the run, in seconds since its start. */
export interface TimeAxis {
  /** Up to here it goes; at least 1. */
  seconds: number
  /** Spans of which nobody, or not everybody, reported. */
  holes: readonly Span[]
  /** What a person or an SLO did, numbered from 1. */
  marks: readonly { second: number; number: number }[]
}

export interface Span {
  from: number
  to: number
}

/** Where a value lies, in units of the view box. */
export type Scale = (value: number) => number

export interface ValueAxis {
  scale: Scale
  ticks: readonly { value: number; label: string }[]
}

export const timeScale = (field: Field, { seconds }: TimeAxis): Scale => {
  const width = field.width - field.left - field.right
  return (second) => field.left + (second / seconds) * width
}

const scaleY = (field: Field, share: number): number =>
  field.height - field.bottom - share * (field.height - field.top - field.bottom)

/** From 0 to a round number that nothing exceeds. `isWhole`: there is nothing between two whole numbers. */
export const linearAxis = (field: Field, most: number, isWhole = false): ValueAxis => {
  const step = Math.max(roundStep(Math.max(most, 1e-9) / 4), isWhole ? 1 : 0)
  const top = Math.max(1, Math.ceil(Math.max(most, 1e-9) / step - 1e-9)) * step
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step)
  return {
    scale: (value) => scaleY(field, Math.min(1, value / top)),
    ticks: ticks.map((value) => ({ value, label: tickLabel(value) })),
  }
}

const tickLabel = (value: number): string =>
  value >= 10 ? formatCount(value) : String(Number(value.toPrecision(2)))

const roundStep = (least: number): number => {
  const decade = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5].map((digit) => digit * decade).find((step) => step >= least * 0.999) ?? 10 * decade
}

/** Milliseconds on a logarithmic scale between two bounds; labels 1, 2, 5, or decades alone where those are too many. */
export const logAxis = (field: Field, fromMs: number, toMs: number): ValueAxis => {
  const span = Math.log(toMs / fromMs)
  const ticks = roundTimes(fromMs, toMs)
  const shown = ticks.length <= 8 ? ticks : ticks.filter((ms) => isDecade(ms))
  return {
    scale: (ms) => scaleY(field, Math.max(0, Math.min(1, Math.log(Math.max(ms, 1e-6) / fromMs) / span))),
    ticks: shown.map((value) => ({ value, label: timeLabel(value) })),
  }
}

const isDecade = (ms: number): boolean => Number.isInteger(tenth(Math.log10(ms)))

/** 1, 2, 5, 10, 20 ... from the first that is not below `fromMs` to the last that is not above `toMs`. */
const roundTimes = (fromMs: number, toMs: number): number[] => {
  const times: number[] = []
  for (let decade = Math.floor(Math.log10(fromMs)); 10 ** decade <= toMs; decade++)
    for (const digit of [1, 2, 5]) {
      const ms = Number((digit * 10 ** decade).toPrecision(1))
      if (ms >= fromMs * 0.999 && ms <= toMs * 1.001) times.push(ms)
    }
  return times
}

/** The round times, 1-2-5, around a range. */
export const roundRange = (leastMs: number, mostMs: number): [fromMs: number, toMs: number] => {
  const around = roundTimes(Math.max(leastMs, 0.001) / 10, Math.max(mostMs, 0.002) * 10)
  const from = around.findLast((ms) => ms <= leastMs) ?? around[0] ?? 0.001
  const to = around.find((ms) => ms >= mostMs && ms > from) ?? from * 10
  return [from, to]
}

const timeLabel = (ms: number): string => {
  const plain = (value: number): string => String(Number(value.toPrecision(3)))
  if (ms < 1) return `${plain(ms * 1000)} us`
  return ms < 1000 ? `${plain(ms)} ms` : `${formatCount(ms / 1000)} s`
}

const timeSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800,
]

const gridAttributes = 'stroke="#8a94a3" stroke-opacity="0.35"'

/** Grid and labels of both axes; `unit` stands above the labels of the values. */
export const axes = (field: Field, time: TimeAxis, axis: ValueAxis, unit: string): Markup => {
  const x = timeScale(field, time)
  const step = timeSteps.find((one) => time.seconds / one <= 8) ?? Math.ceil(time.seconds / 8)
  const seconds = Array.from({ length: Math.floor(time.seconds / step) + 1 }, (_, i) => i * step)
  const bottom = field.height - field.bottom
  return html`${valueGrid(field, axis, unit)}${seconds.map(
    (second) =>
      html`<text x="${tenth(x(second))}" y="${bottom + 15}" text-anchor="middle">${formatPosition(second * 1000)}</text>`,
  )}`
}

export const valueGrid = (field: Field, axis: ValueAxis, unit: string): Markup => {
  const right = field.width - field.right
  const lines = axis.ticks.map(({ value }) => `M${field.left} ${tenth(axis.scale(value))}H${right}`).join('')
  return html`<path d="${lines}" class="grid" fill="none" ${attributes(gridAttributes)}/>${axis.ticks.map(
    ({ value, label }) =>
      html`<text x="${field.left - 6}" y="${tenth(axis.scale(value) + 4)}" text-anchor="end">${label}</text>`,
  )}<text x="2" y="10">${unit}</text>`
}

/** Of our own: no text from outside comes this way. */
export const attributes = (text: string): Markup => new Markup(text)

/** What was not measured is hatched, and never looks like nothing measured. `id` is one of the page. */
export const holes = (field: Field, time: TimeAxis, id: string): Content => {
  if (time.holes.length === 0) return null
  const x = timeScale(field, time)
  const height = field.height - field.top - field.bottom
  return html`<defs><pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="#8a94a3" stroke-width="2.4"/></pattern></defs>${time.holes.map(
    ({ from, to }) =>
      html`<rect class="hole" x="${tenth(x(from))}" y="${field.top}" width="${Math.max(1.5, tenth(x(to) - x(from)))}" height="${height}" fill="url(#${id})" fill-opacity="0.5"/>`,
  )}`
}

/** Upright lines with the numbers under which the text names what was done, `lift` above the field. */
export const marks = (field: Field, time: TimeAxis, lift = 4): Content => {
  if (time.marks.length === 0) return null
  const x = timeScale(field, time)
  const bottom = field.height - field.bottom
  const lines = time.marks.map(({ second }) => `M${tenth(x(second))} ${field.top}V${bottom}`).join('')
  return html`<path d="${lines}" class="mark" fill="none" stroke="currentColor" stroke-dasharray="1 2.5" stroke-width="1.3"/>${time.marks.map(
    ({ second, number }) =>
      html`<text x="${tenth(x(second))}" y="${field.top - lift}" text-anchor="middle" font-weight="700">${number}</text>`,
  )}`
}

/** A limit as a line across the field, its text above it. */
export const limitLines = (
  field: Field,
  axis: ValueAxis,
  limits: readonly { value: number; label: string }[],
): Content =>
  limits.map(({ value, label }) => {
    const y = tenth(axis.scale(value))
    return html`<path d="M${field.left} ${y}H${field.width - field.right}" class="limit" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="9 3 2 3"/><text class="halo" x="${field.left + 5}" y="${tenth(y - 4 < field.top + 11 ? y + 13 : y - 4)}" font-weight="700">${label}</text>`
  })

/** A picture of its own size, for who sees it, and in one sentence for who does not; `data`: a block for who points at it. */
export const picture = (field: Field, description: string, content: Content, data: Content = null): Markup =>
  html`<div class="pan"><svg viewBox="0 0 ${field.width} ${field.height}" width="${field.width}" height="${field.height}" role="img" aria-label="${description}" font-family="system-ui, sans-serif" font-size="11" fill="currentColor">${content}</svg>${data}</div>`

/** A chart: its name, what it shows in a sentence, the picture, and the same as a table. */
export const figure = (title: string, sentence: Content, body: Content, table: Content): Markup =>
  html`<figure><figcaption><strong>${title}</strong> ${sentence}</figcaption>${body}${table}</figure>`

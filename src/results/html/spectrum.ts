import type { Bucket } from '../../measuring/histogram.ts'
import { attributes, type Field, limitLines, logAxis, picture, roundRange, valueGrid } from './chart-frame.ts'
import { lineStyles } from './line-chart.ts'
import { html, type Markup, tenth } from './markup.ts'

/**
 * All times of a run in their order: across, the share of answers that were at least as fast, each nine as wide as the
 * one before (as HdrHistogram's plots have it); up, the time. Nothing is left out, up to the slowest answer.
 */
export interface Spectrum {
  description: string
  lines: readonly { name: string; bars: readonly Bucket[] }[]
  limits: readonly { value: number; label: string }[]
}

const field: Field = { width: 680, height: 240, left: 54, right: 78, top: 18, bottom: 24 }

export const renderSpectrum = ({ description, lines, limits }: Spectrum): Markup => {
  const counts = lines.map(({ bars }) => bars.reduce((sum, { count }) => sum + count, 0))
  // A whole nine, so that the last label fits.
  const nines = Math.max(1, Math.ceil(Math.log10(Math.max(1, ...counts)) - 1e-9))
  const all = [
    ...lines.flatMap(({ bars }) => bars.flatMap(({ fromUs, toUs }) => [fromUs, toUs])).map((us) => us / 1000),
    ...limits.map(({ value }) => value),
  ].filter((ms) => ms > 0)
  const least = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = all.reduce((a, b) => Math.max(a, b), 0)
  const [fromMs, toMs] = all.length === 0 ? [1, 10] : roundRange(least, most)
  const axis = logAxis(field, fromMs, toMs)
  const width = field.width - field.left - field.right
  const x = (share: number): number =>
    field.left + (Math.min(nines, -Math.log10(Math.max(1e-15, 1 - share))) / nines) * width
  const bottom = field.height - field.bottom
  const ticks = [0, 0.5, ...Array.from({ length: nines }, (_, i) => 1 - 10 ** -(i + 1))]
  const drawn = lines.map(({ name, bars }, i) => ({
    name,
    style: lineStyles[i] ?? lineStyles[0],
    ...pathOf(bars, counts[i] ?? 0, x, axis.scale),
  }))
  const right = field.width - field.right + 6
  return picture(
    field,
    description,
    html`${valueGrid(field, axis, 'time')}${ticks.map(
      (share) =>
        html`<path d="M${tenth(x(share))} ${field.top}V${bottom}" class="grid" ${attributes('fill="none" stroke="#8a94a3" stroke-opacity="0.35"')}/><text x="${tenth(x(share))}" y="${bottom + 15}" text-anchor="middle">${percentText(share)}</text>`,
    )}${drawn.map(
      ({ path, style }) =>
        html`<path d="${path}" ${attributes(`fill="none" stroke="${style.stroke}" stroke-width="2"${style.dash === null ? '' : ` stroke-dasharray="${style.dash}"`}`)}/>`,
    )}${limitLines(field, axis, limits)}${labelsOf(drawn, right)}`,
  )
}

/** `99.9 %`, from a share such as 0.999 with its rounding. */
const percentText = (share: number): string => `${Number((share * 100).toFixed(10))} %`

/** Steps of less than a unit of the view box are not drawn; the last, the slowest answer, always is. */
const pathOf = (
  bars: readonly Bucket[],
  total: number,
  x: (share: number) => number,
  y: (ms: number) => number,
): { path: string; end: number | undefined } => {
  let seen = 0
  let path = ''
  let drawnX = Number.NEGATIVE_INFINITY
  let drawnY = Number.NEGATIVE_INFINITY
  let end: number | undefined
  bars.forEach(({ toUs, count }, i) => {
    seen += count
    const at = x(seen / total)
    end = y(toUs / 1000)
    if (i === 0) path = `M${tenth(x(0))} ${tenth(end)}`
    if (i < bars.length - 1 && at - drawnX < 1 && Math.abs(end - drawnY) < 1) return
    path += `L${tenth(at)} ${tenth(end)}`
    drawnX = at
    drawnY = end
  })
  return { path, end }
}

const labelsOf = (
  drawn: readonly { name: string; style: (typeof lineStyles)[number]; end: number | undefined }[],
  left: number,
): Markup[] => {
  const labels = drawn
    .flatMap(({ name, style, end }) => (end === undefined ? [] : [{ name, style, y: end }]))
    .sort((a, b) => a.y - b.y)
  let above = Number.NEGATIVE_INFINITY
  return labels.map(({ name, style, y }) => {
    above = Math.max(y, above + 13)
    return html`<path d="M${left} ${tenth(above)}h16" ${attributes(`fill="none" stroke="${style.stroke}" stroke-width="2"${style.dash === null ? '' : ` stroke-dasharray="${style.dash}"`}`)}/><text x="${left + 20}" y="${tenth(above + 4)}">${name}</text>`
  })
}

import type { Distribution } from '../../results/distribution.ts'
import { countLabel, latencyLabel, latencyTicks } from './chart-axis.ts'
import { svgElement } from './chart-svg.ts'
import {
  barHeight,
  barsPath,
  countByRow,
  countTicks,
  curveOf,
  ninesAxis,
  outlinePath,
  rangeOfBars,
  sharePercent,
  tenth,
} from './spectrum-bars.ts'

/** Drawings of whole distributions, as SVG of the box's own size. */

export interface DrawingSize {
  width: number
  height: number
}

const pad = { left: 52, right: 14, top: 16, bottom: 24 }

const text = (
  x: number,
  y: number,
  content: string,
  anchor: string,
  style = 'spectrum-axis',
): SVGTextElement =>
  svgElement('text', { x: tenth(x), y: tenth(y), 'text-anchor': anchor, class: style }, content)

const frame = ({ width, height }: DrawingSize, description: string): SVGSVGElement =>
  svgElement('svg', { class: 'spectrum-svg', width, height, role: 'img', 'aria-label': description })

/** Latency across, answers up (both logarithmic): response time as bars, service time as an outline over them. */
export const drawBars = (
  { responseTime, serviceTime }: Distribution,
  size: DrawingSize,
  description: string,
): SVGSVGElement => {
  const svg = frame(size, description)
  const range = rangeOfBars([responseTime.bars, serviceTime.bars])
  if (range === undefined) return svg
  const response = countByRow(responseTime.bars)
  const service = countByRow(serviceTime.bars)
  const most = Math.max(...response, ...service)
  const floor = size.height - pad.bottom
  const width = size.width - pad.left - pad.right
  const x = (ms: number): number =>
    pad.left +
    (Math.log(Math.max(ms, range.fromMs) / range.fromMs) / Math.log(range.toMs / range.fromMs)) * width
  const y = (count: number): number => floor - barHeight(count, most) * (floor - pad.top)
  for (const tick of countTicks(most)) {
    svg.append(
      svgElement('path', { d: `M${pad.left} ${tenth(y(tick))}h${tenth(width)}`, class: 'spectrum-grid' }),
      text(pad.left - 6, y(tick) + 4, countLabel(tick), 'end'),
    )
  }
  const ticks = latencyTicks(range.fromMs, range.toMs, width / 3)
  for (const tick of ticks) svg.append(text(x(tick), size.height - 7, latencyLabel(tick), 'middle'))
  svg.append(
    svgElement('path', { d: `M${pad.left} ${floor}h${tenth(width)}`, class: 'spectrum-grid' }),
    svgElement('path', { d: barsPath(response, x, y, floor), class: 'spectrum-bars' }),
    svgElement('path', { d: outlinePath(service, x, y, floor), class: 'spectrum-outline' }),
  )
  const { median, p99 } = responseTime.figuresMs
  let free = 0
  for (const [name, ms] of [
    ['p50', median],
    ['p99', p99],
  ] as const) {
    if (ms === null) continue
    const at = x(ms)
    svg.append(svgElement('path', { d: `M${tenth(at)} ${pad.top - 4}V${floor}`, class: 'spectrum-mark' }))
    if (at >= free) svg.append(text(at, pad.top - 6, name, 'middle', 'spectrum-halo'))
    free = at + 28
  }
  return svg
}

/** Share of the answers across, each nine as wide as the one before; up, how long the slowest of them took. */
export const drawCurves = (
  lines: readonly { bars: Distribution['responseTime']['bars']; style: string }[],
  size: DrawingSize,
  description: string,
): SVGSVGElement => {
  const svg = frame(size, description)
  const range = rangeOfBars(lines.map(({ bars }) => bars))
  if (range === undefined) return svg
  const { nines, shares } = ninesAxis(
    lines.map(({ bars }) => bars.reduce((sum, { count }) => sum + count, 0)),
  )
  const floor = size.height - pad.bottom
  const width = size.width - pad.left - pad.right - 16
  const height = floor - pad.top
  const x = (at: number): number => pad.left + (Math.min(at, nines) / nines) * width
  const y = (ms: number): number =>
    floor -
    (Math.log(Math.max(ms, range.fromMs) / range.fromMs) / Math.log(range.toMs / range.fromMs)) * height
  for (const tick of latencyTicks(range.fromMs, range.toMs, height))
    svg.append(
      svgElement('path', { d: `M${pad.left} ${tenth(y(tick))}h${tenth(width)}`, class: 'spectrum-grid' }),
      text(pad.left - 6, y(tick) + 4, latencyLabel(tick), 'end'),
    )
  let free = 0
  for (const share of shares) {
    const at = x(share === 0 ? 0 : -Math.log10(1 - share))
    const label = sharePercent(share)
    svg.append(svgElement('path', { d: `M${tenth(at)} ${pad.top}V${floor}`, class: 'spectrum-grid' }))
    const half = label.length * 3.2 + 3
    if (at - half >= free || share === 0) {
      svg.append(text(at, size.height - 7, label, 'middle'))
      free = at + half
    }
  }
  for (const { bars, style } of lines)
    svg.append(
      svgElement('path', {
        class: style,
        d: curveOf(bars)
          .map(({ nines: at, ms }, i) => `${i === 0 ? 'M' : 'L'}${tenth(x(at))} ${tenth(y(ms))}`)
          .join(''),
      }),
    )
  return svg
}

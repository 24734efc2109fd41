import { describeLoad } from '../pacing/describe-load.ts'
import { plannedRate } from '../pacing/planned-rate.ts'
import type { Load } from '../scenario/scenario.ts'
import {
  closedLoad,
  countSlow,
  type DrawnRequest,
  loadOf,
  openLoad,
  type PacingFigure,
  pacingFigures,
  requestsOfClosed,
  requestsOfOpen,
  stall,
  startsOfDrivers,
  startsTogether,
} from './pacing-figures.ts'

/**
 * The pictures of `docs/pacing.md`, drawn from the real pacers. They bring their own ground, light or dark as the reader's
 * system is, because a page that shows them as images lends them no colours.
 */
export interface Picture {
  name: string
  /** What the picture shows, for who does not see it. */
  alt: string
  svg: string
}

const width = 720
const left = 92
const right = 16
const top = 14
const rowHeight = 26

const style = `.g{fill:#fff}text{font:12px system-ui,sans-serif;fill:#56606d}.e{text-anchor:end}.m{text-anchor:middle}
.a{stroke:#d3d9e1}.l{fill:none;stroke:#0060a0;stroke-width:2}.f{fill:#0060a0;opacity:.14}.t{stroke:#0060a0;stroke-width:2}
.b{stroke:#8a4b00;stroke-width:2}.c{stroke:#00674d;stroke-width:2}.r{fill:#0060a0}.w{fill:#a32900}.p{fill:#56606d;opacity:.16}
@media(prefers-color-scheme:dark){.g{fill:#14181d}text{fill:#a5afbc}.a{stroke:#343d49}.l{stroke:#6cb8f0}.f,.r{fill:#6cb8f0}
.t{stroke:#6cb8f0}.b{stroke:#efc05b}.c{stroke:#56d6ab}.w{fill:#ff9a70}.p{fill:#a5afbc}}`

const round = (value: number): string => String(Math.round(value * 10) / 10)

/** A picture with seconds along its lower edge. */
class Canvas {
  readonly #parts: string[] = []
  readonly #endMs: number
  #y = top

  constructor(endMs: number) {
    this.#endMs = endMs
  }

  x(atMs: number): number {
    return left + ((width - left - right) * atMs) / this.#endMs
  }

  add(part: string): void {
    this.#parts.push(part)
  }

  /** Takes room, and says where it begins. */
  take(height: number): number {
    const y = this.#y
    this.#y += height
    return y
  }

  label(text: string, y: number): void {
    this.add(`<text class="e" x="${left - 10}" y="${round(y)}">${text}</text>`)
  }

  finish(alt: string): string {
    const y = this.take(30)
    const seconds = Array.from({ length: Math.floor(this.#endMs / 1000) + 1 }, (_, second) => {
      const x = round(this.x(second * 1000))
      return `<path class="a" d="M${x} ${y}v5"/><text class="m" x="${x}" y="${y + 19}">${second} s</text>`
    })
    const body = [
      `<rect class="g" width="${width}" height="${this.#y}" rx="6"/>`,
      ...this.#parts,
      `<path class="a" d="M${left} ${y}H${width - right}"/>`,
      ...seconds,
    ]
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${this.#y}" role="img"><title>${alt}</title><style>${style}</style>
${body.join('\n')}
</svg>
`
  }
}

const driverClasses = ['t', 'b', 'c']

const drawLoad = ({ name, drivers, steering, showsDrivers }: PacingFigure, load: Load): Picture => {
  const starts = startsOfDrivers(load, drivers, steering)
  const together = startsTogether(starts)
  const endMs = Math.ceil(Math.max(load.durationMs ?? 0, together.at(-1) ?? 0) / 1000) * 1000
  const canvas = new Canvas(endMs)
  if (load.kind !== 'tsunami') drawRate(canvas, load, drivers, steering, endMs)
  if (showsDrivers) {
    for (const [i, own] of starts.entries())
      drawStarts(
        canvas,
        `driver ${i + 1}`,
        own.map((atMs) => [atMs, driverClasses[i] ?? 't']),
      )
  }
  const isOneRow = load.kind === 'tsunami'
  if (!isOneRow) {
    const owners = new Map(starts.flatMap((own, i) => own.map((atMs) => [atMs, i] as const)))
    const all = together.map((atMs): [number, string] => [
      atMs,
      showsDrivers ? (driverClasses[owners.get(atMs) ?? 0] ?? 't') : 't',
    ])
    drawStarts(canvas, showsDrivers ? 'together' : 'starts', all)
  }
  const steered = steering.map(describeSteering).join('')
  const alt = `${describeLoad(load, drivers)}${steered}: ${together.length} starts`
  return { name, alt, svg: canvas.finish(alt) }
}

const describeSteering = ({ command, atMs, scale }: PacingFigure['steering'][number]): string => {
  const at = ` at ${atMs / 1000} s`
  return command === 'rate' ? `, ${scale} times the rate${at}` : `, ${command}d${at}`
}

/** The curve of the rate asked for: every bend to the pixel, and points enough between them for what is round. */
const drawRate = (
  canvas: Canvas,
  load: Load,
  drivers: number,
  steering: PacingFigure['steering'],
  endMs: number,
): void => {
  const height = 84
  const y = canvas.take(height + 14)
  const rateAt = (tMs: number): number => plannedRate(load, drivers, steering, tMs) ?? 0
  const steps = width - left - right
  const samples = Array.from({ length: steps + 1 }, (_, i) => (i / steps) * endMs).map(
    (tMs) => [tMs, rateAt(tMs)] as const,
  )
  const most = Math.max(...samples.map(([, rate]) => rate))
  const points = samples.map(([tMs, rate]) => [canvas.x(tMs), y + height - (rate / most) * height] as const)
  const bends = points.filter(([, here], i) => {
    const [before, after] = [points[i - 1], points[i + 1]]
    if (before === undefined || after === undefined || i % 8 === 0) return true
    return Math.abs(before[1] + after[1] - 2 * here) > 0.2
  })
  const line = bends.map(([x, at]) => `${round(x)} ${round(at)}`).join('L')
  canvas.add(`<path class="a" d="M${left} ${y}H${width - right}M${left} ${y + height}H${width - right}"/>`)
  canvas.add(`<path class="f" d="M${left} ${y + height}L${line}L${width - right} ${y + height}z"/>`)
  canvas.add(`<path class="l" d="M${line}"/>`)
  canvas.label(`${round(most)}/s`, y + 4)
  canvas.label('0/s', y + height + 4)
}

const drawStarts = (canvas: Canvas, label: string, starts: readonly (readonly [number, string])[]): void => {
  const y = canvas.take(rowHeight)
  canvas.label(label, y + 15)
  for (const name of new Set(starts.map(([, own]) => own))) {
    const ticks = starts
      .filter(([, own]) => own === name)
      .map(([atMs]) => `M${round(canvas.x(atMs))} ${y + 2}v18`)
    canvas.add(`<path class="${name}" d="${ticks.join('')}"/>`)
  }
}

const drawOpenAndClosed = (closed: readonly DrawnRequest[], open: readonly DrawnRequest[]): Picture => {
  const canvas = new Canvas(5000)
  const stallX = canvas.x(stall.fromMs)
  const stallWidth = canvas.x(stall.toMs) - stallX
  const rows = (requests: readonly DrawnRequest[]): number => Math.max(...requests.map(({ row }) => row)) + 1
  const height = 20 + (rows(closed) + rows(open)) * 8 + 34
  canvas.add(
    `<rect class="p" x="${round(stallX)}" y="${top}" width="${round(stallWidth)}" height="${height}"/>`,
  )
  canvas.add(`<text class="m" x="${round(stallX + stallWidth / 2)}" y="${top + 13}">the target stalls</text>`)
  canvas.take(20)
  drawRequests(canvas, 'closed', closed, rows(closed))
  canvas.take(10)
  drawRequests(canvas, 'open', open, rows(open))
  const slowOf = (requests: readonly DrawnRequest[]): string => `${countSlow(requests)} of ${requests.length}`
  const alt =
    `A target that stalls for 1 s. Closed loop: ${slowOf(closed)} requests meet the stall. ` +
    `Open loop: ${slowOf(open)} meet it`
  return { name: 'open-closed', alt, svg: canvas.finish(alt) }
}

/** A bar from its start to its answer; those that met the stall in another colour. */
const drawRequests = (
  canvas: Canvas,
  label: string,
  requests: readonly DrawnRequest[],
  rows: number,
): void => {
  const y = canvas.take(rows * 8 + 12)
  canvas.label(label, y + rows * 4 + 4)
  for (const request of requests) {
    const x = canvas.x(request.startMs)
    const name = countSlow([request]) > 0 ? 'w' : 'r'
    const size = `width="${round(canvas.x(request.endMs) - x - 1)}" height="5"`
    canvas.add(`<rect class="${name}" x="${round(x)}" y="${y + (rows - 1 - request.row) * 8}" ${size}/>`)
  }
}

export const drawPacing = async (): Promise<Picture[]> => [
  drawOpenAndClosed(requestsOfClosed(await loadOf(closedLoad)), requestsOfOpen(await loadOf(openLoad))),
  ...(await Promise.all(pacingFigures.map(async (figure) => drawLoad(figure, await loadOf(figure.yaml))))),
]

import type uPlot from 'uplot'
import { formatSecond, timeTicks } from './chart-axis.ts'
import type { ChartTheme, LineColour } from './chart-theme.ts'
import { UPlot } from './load-uplot.ts'

export interface PlotLine {
  /** `over`: over the heat map, with a halo of the page's colour drawn by another line below it. */
  colour: LineColour | 'over' | 'background'
  width: number
  dash?: readonly number[]
}

export interface PlotOptions {
  /** Of fixed height: the plot fills it, and follows its width. */
  box: HTMLElement
  scale: 'log' | 'linear'
  lines: readonly PlotLine[]
  /** Free above the field, for marks; and at its right, for the names of lines. */
  topPx: number
  rightPx: number
  hasLevel: boolean
  theme(): ChartTheme
  ticks(from: number, to: number, heightPx: number): number[]
  label(value: number): string
  /** Under the lines, over the grid; and over all. */
  drawUnder(plot: uPlot): void
  drawOver(plot: uPlot): void
  /** The field is there, or has another size. */
  onSize(plot: uPlot): void
}

export interface PlotState {
  /** Middles of the rows, and the values of each line. */
  data: uPlot.AlignedData
  x: { from: number; to: number }
  y: { from: number; to: number }
}

export const axisFont = '11px system-ui, sans-serif'

const nothing = (): null => null

/** A uPlot that fills a box: no legend, no listeners to the mouse; both are ours. It is made when the box has a width. */
export class UplotPlot {
  readonly #options: PlotOptions
  readonly #observer: ResizeObserver
  #plot: uPlot | undefined
  #state: PlotState | undefined

  constructor(options: PlotOptions) {
    this.#options = options
    this.#observer = new ResizeObserver(() => this.#fit())
    this.#observer.observe(options.box)
  }

  /** Undefined until the box is on the page and something was drawn. */
  get plot(): uPlot | undefined {
    return this.#plot
  }

  draw(state: PlotState): void {
    this.#state = state
    if (this.#plot === undefined) this.#fit()
    else this.#show(this.#plot, state)
  }

  showLine(index: number, isShown: boolean): void {
    const plot = this.#plot
    if (plot !== undefined && plot.series[index + 1]?.show !== isShown)
      plot.setSeries(index + 1, { show: isShown }, false)
  }

  repaint(): void {
    this.#plot?.redraw(false, true)
  }

  close(): void {
    this.#observer.disconnect()
    this.#plot?.destroy()
    this.#plot = undefined
  }

  #show(plot: uPlot, { data, x, y }: PlotState): void {
    plot.batch(() => {
      plot.setData(data, false)
      plot.setScale('y', { min: y.from, max: y.to })
      plot.setScale('x', { min: x.from, max: x.to })
    })
  }

  #fit(): void {
    const { box, onSize } = this.#options
    const width = box.clientWidth
    const height = box.clientHeight
    const state = this.#state
    if (state === undefined || width === 0 || height === 0) return
    if (this.#plot === undefined) {
      this.#plot = this.#make(width, height, state)
      onSize(this.#plot)
    } else if (this.#plot.width !== width || this.#plot.height !== height) {
      this.#plot.setSize({ width, height })
      onSize(this.#plot)
    }
  }

  #make(width: number, height: number, state: PlotState): uPlot {
    const { box, scale, lines, topPx, rightPx, hasLevel, theme, ticks, label, drawUnder, drawOver } =
      this.#options
    const colourOf = (colour: PlotLine['colour']): string =>
      colour === 'over' || colour === 'background' ? theme()[colour] : theme().lines[colour]
    const axis = {
      stroke: () => theme().dim,
      font: axisFont,
      gap: 5,
      ticks: { show: false },
      grid: { stroke: () => theme().grid, width: 1 },
    }
    return new UPlot(
      {
        width,
        height,
        padding: [topPx, rightPx, 0, 0],
        legend: { show: false },
        cursor: {
          y: hasLevel,
          drag: { x: false, y: false, setScale: false },
          points: { show: !hasLevel, size: 7 },
          bind: {
            mousedown: nothing,
            mouseup: nothing,
            click: nothing,
            dblclick: nothing,
            mousemove: nothing,
            mouseleave: nothing,
            mouseenter: nothing,
          },
        },
        scales: {
          x: { time: false, auto: false, range: () => this.#range('x') },
          y: {
            ...(scale === 'log' ? { distr: 3 as const, log: 10 as const } : {}),
            auto: false,
            range: () => this.#range('y'),
          },
        },
        axes: [
          {
            ...axis,
            size: 24,
            grid: { show: false },
            splits: (plot, _, from, to) => timeTicks(from, to, plot.bbox.width / UPlot.pxRatio),
            values: (_, splits) => splits.map(formatSecond),
            filter: (_, splits) => splits,
          },
          {
            ...axis,
            size: 52,
            splits: (plot, _, from, to) => ticks(from, to, plot.bbox.height / UPlot.pxRatio),
            values: (_, splits) => splits.map(label),
            filter: (_, splits) => splits,
          },
        ],
        series: [
          {},
          ...lines.map(({ colour, width: lineWidth, dash }) => ({
            stroke: () => colourOf(colour),
            width: lineWidth,
            ...(dash === undefined ? {} : { dash: [...dash] }),
            ...(colour === 'background' ? { alpha: 0.85 } : {}),
            points: { show: false },
          })),
        ],
        hooks: { drawAxes: [drawUnder], draw: [drawOver] },
      },
      state.data,
      box,
    )
  }

  #range(axis: 'x' | 'y'): [number, number] {
    const { from, to } = this.#state?.[axis] ?? { from: 1, to: 2 }
    return [from, to]
  }
}

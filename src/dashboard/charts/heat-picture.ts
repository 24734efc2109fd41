import type uPlot from 'uplot'
import { inField } from './chart-overlay.ts'
import type { ChartRows } from './chart-rows.ts'
import type { ChartTheme } from './chart-theme.ts'
import { cellTimes, HeatGrid, type HeatShape, paintColumns } from './heat-grid.ts'
import { darkHeat, lightHeat, packColours } from './heat-palette.ts'

const lightColours = packColours(lightHeat)
const darkColours = packColours(darkHeat)

/** A grid as an image of one pixel a cell, enlarged without smoothing: a new second costs one column of pixels. */
export class HeatPicture {
  readonly #canvas = document.createElement('canvas')
  #grid: HeatGrid | undefined
  #image: ImageData | undefined
  #isDark: boolean | undefined

  get grid(): HeatGrid | undefined {
    return this.#grid
  }

  /** Takes in what the window shows; returns the largest count of a cell. */
  take(shape: HeatShape, rows: ChartRows): number {
    if (this.#grid === undefined || !isSameShape(this.#grid.shape, shape)) {
      this.#grid = new HeatGrid(shape)
      this.#canvas.width = shape.width
      this.#canvas.height = shape.cells
      this.#image = new ImageData(shape.width, shape.cells)
    }
    return this.#grid.take(rows)
  }

  paint(most: number, theme: ChartTheme): void {
    const grid = this.#grid
    const image = this.#image
    const ctx = this.#canvas.getContext('2d')
    if (grid === undefined || image === undefined || ctx === null) return
    const changed = grid.colour(most)
    const { width, cells } = grid.shape
    const isAll = this.#isDark !== theme.isDark || changed.length > 16
    this.#isDark = theme.isDark
    const xs = isAll ? Array.from({ length: width }, (_, x) => x) : changed
    paintColumns(grid, xs, theme.isDark ? darkColours : lightColours, new Uint32Array(image.data.buffer))
    if (isAll) ctx.putImageData(image, 0, 0)
    else for (const x of xs) ctx.putImageData(image, 0, 0, x, 0, 1, cells)
  }

  /** Into the field of a plot, where its axes say. */
  drawOn(plot: uPlot): void {
    const grid = this.#grid
    if (grid === undefined || grid.end === grid.first) return
    const { width, cells, widen, step } = grid.shape
    const bottom = plot.valToPos(cellTimes(grid.shape, 0).fromMs, 'y', true)
    const top = plot.valToPos(cellTimes(grid.shape, cells - 1).toMs, 'y', true)
    inField(plot, (ctx) => {
      ctx.imageSmoothingEnabled = false
      // The ring in one or two pieces.
      for (let first = grid.first; first < grid.end; ) {
        const x = first % width
        const count = Math.min(grid.end - first, width - x)
        const left = plot.valToPos(first * widen * step, 'x', true)
        const right = plot.valToPos((first + count) * widen * step, 'x', true)
        ctx.drawImage(this.#canvas, x, 0, count, cells, left, top, right - left, bottom - top)
        first += count
      }
    })
  }
}

const isSameShape = (a: HeatShape, b: HeatShape): boolean =>
  a.time === b.time &&
  a.mode === b.mode &&
  a.widen === b.widen &&
  a.thicken === b.thicken &&
  a.firstRow === b.firstRow &&
  a.cells === b.cells &&
  a.width === b.width &&
  a.step === b.step

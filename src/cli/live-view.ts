import type { Clock, Timer } from '../lib/clock.ts'
import type { LiveFigures } from '../results/live-view-figures.ts'
import type { RunResult } from '../results/run-result.ts'
import { cleanText, displayWidth } from '../results/summary-text-display.ts'
import { type Line, renderLine } from '../results/summary-text-line.ts'
import { renderLiveFrame } from './live-view-frame.ts'
import type { Terminal } from './terminal.ts'

/** Where a run is followed while it goes on: drawn over and over on a terminal, or told line by line. */
export interface Progress {
  update(result: RunResult, live: LiveFigures): void
  /** Foreign text is welcome: it is cleaned. */
  log(line: string): void
  /** Leaves the terminal as it was found. Idempotent, and at once, so that it may be called as the process exits. */
  close(): void
}

export interface LiveViewOptions {
  colour: boolean
  /** Whether keys are read, and so worth explaining. */
  keys: boolean
}

const redrawMs = 250

/** How long the clock in the head runs on without news: then it stands, and with it the figures. */
const maxUnheardMs = 2_000

/**
 * Control sequences (ECMA-48, and the private modes of DEC and xterm). Between the two of mode 2026 a terminal that knows
 * it shows nothing, so that a frame appears at once; others ignore it. Without autowrap a character that the terminal
 * takes for wider than we do is cut at the edge and cannot shift the lines below.
 */
const control = {
  beginFrame: '\x1b[?2026h',
  endFrame: '\x1b[?2026l',
  wrapOff: '\x1b[?7l',
  wrapOn: '\x1b[?7h',
  hideCursor: '\x1b[?25l',
  showCursor: '\x1b[?25h',
  eraseBelow: '\x1b[J',
  eraseToLineEnd: '\x1b[K',
  up: (lines: number) => (lines === 0 ? '\r' : `\r\x1b[${lines}A`),
  /** Line by line: some terminals save a screen to their history when all of it is erased below its first cell. */
  upErasing: (lines: number) => `\r${'\x1b[1A\x1b[2K'.repeat(lines)}`,
}

/** A live view that appears with the first update and vanishes at the end, logs staying above it. */
export const createLiveView = (terminal: Terminal, clock: Clock, options: LiveViewOptions): Progress =>
  new LiveView(terminal, clock, options)

/**
 * The frame is the last thing on the screen, the cursor at the beginning of the line below it. Every change is one write:
 * climb to the frame's first line, log what there is to log, draw, erase what is left of the former frame.
 *
 * When the screen narrows, terminals break the lines already drawn, and the climb must count the pieces. A terminal
 * remembers that they are pieces of one line, and would join whatever stands there when it widens again: so after a
 * change of width the old frame is erased before the new one is drawn.
 */
class LiveView implements Progress {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #options: LiveViewOptions
  readonly #forgetResize: () => void
  #result: RunResult | undefined
  #live: LiveFigures | undefined
  #updatedAtMs = 0
  #timer: Timer | undefined
  /** Widths of the lines on the screen. */
  #drawn: number[] = []
  #drawnColumns = 0
  #cursorHidden = false
  #closed = false

  constructor(terminal: Terminal, clock: Clock, options: LiveViewOptions) {
    this.#terminal = terminal
    this.#clock = clock
    this.#options = options
    this.#forgetResize = terminal.onResize(() => this.#draw())
  }

  update(result: RunResult, live: LiveFigures): void {
    if (this.#closed) return
    const isNews = result.state !== this.#result?.state
    this.#result = result
    this.#live = live
    this.#updatedAtMs = this.#clock.nowMs()
    if (isNews) this.#draw()
    this.#timer ??= this.#arm()
  }

  log(line: string): void {
    const text = `${cleanText(line)}\r\n`
    if (this.#closed || this.#result === undefined) this.#terminal.write(text)
    else this.#draw(text)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.cancel()
    this.#forgetResize()
    if (this.#cursorHidden) this.#terminal.write(control.upErasing(this.#drawnRows()) + control.showCursor)
  }

  #arm(): Timer {
    return this.#clock.after(redrawMs, () => {
      this.#draw()
      this.#timer = this.#arm()
    })
  }

  #draw(above = ''): void {
    if (this.#closed || this.#result === undefined || this.#live === undefined) return
    const rows = this.#drawnRows()
    // A line as wide as the screen leaves the cursor where terminals disagree: one cell stays free.
    const columns = this.#terminal.columns()
    const width = columns - 1
    const lines = renderLiveFrame(this.#result, this.#live, {
      width,
      height: Math.max(1, this.#terminal.rows() - 1),
      elapsedMs: this.#elapsedMs(this.#result),
      keys: this.#options.keys,
    })
    const hide = this.#cursorHidden ? '' : control.hideCursor
    this.#cursorHidden = true
    this.#terminal.write(
      control.beginFrame +
        hide +
        (above === '' && columns === this.#drawnColumns ? control.up(rows) : control.upErasing(rows)) +
        above +
        control.wrapOff +
        lines.map((line) => this.#row(line, width)).join('') +
        control.eraseBelow +
        control.wrapOn +
        control.endFrame,
    )
    this.#drawnColumns = columns
    this.#drawn = lines.map((line) => displayWidth(renderLine(line, width, false)))
  }

  #row(line: Line, width: number): string {
    return `${renderLine(line, width, this.#options.colour)}${control.eraseToLineEnd}\r\n`
  }

  #drawnRows(): number {
    const columns = this.#terminal.columns()
    return this.#drawn.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0)
  }

  #elapsedMs(result: RunResult): number {
    if (result.state !== 'running') return result.elapsedMs
    return result.elapsedMs + Math.min(this.#clock.nowMs() - this.#updatedAtMs, maxUnheardMs)
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LiveFigures, noLiveFigures } from '../results/live-view-figures.ts'
import type { RunResult } from '../results/run-result.ts'
import { displayWidth } from '../results/summary-text-display.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import {
  sampleDriver,
  sampleFigures,
  sampleForeignDriver,
  sampleResult,
  sampleRow,
} from '../testing/sample-result.ts'
import { createLiveView, type Progress } from './live-view.ts'
import { progressOf } from './live-view-head.ts'
import type { Terminal } from './terminal.ts'

const controlOrCharacter = /\p{Cc}\[[?0-9;]*[a-zA-Z]|./gsu
const colourSequence = /\p{Cc}\[[0-9;]*m/gu

/**
 * As much of a terminal as the live view uses: cursor, erasing, autowrap, scrolling into a history, and the reflow of
 * wrapped lines when its width changes. A wide character takes two cells, the second of them empty.
 */
class Screen implements Terminal {
  readonly isTty = true
  writes: string[] = []
  cursorVisible = true
  #lines: { cells: string[]; continues: boolean }[] = [{ cells: [], continues: false }]
  #row = 0
  #column = 0
  #columns: number
  /** What the program knows. */
  #toldColumns: number
  readonly #rows: number
  #autowrap = true
  readonly #listeners = new Set<() => void>()

  constructor(columns: number, rows: number) {
    this.#columns = columns
    this.#toldColumns = columns
    this.#rows = rows
  }

  columns = (): number => this.#toldColumns
  rows = (): number => this.#rows
  get listeners(): number {
    return this.#listeners.size
  }

  onResize(callback: () => void): () => void {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }

  write(text: string): void {
    this.writes.push(text)
    for (const token of text.match(controlOrCharacter) ?? []) this.#take(token)
  }

  /** History and screen, without the empty lines at the end. */
  get text(): string[] {
    const lines = this.#lines.map(({ cells }) => cells.join('').trimEnd())
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  /** The screen changes first, the program is told after. */
  resize(columns: number): void {
    this.reflow(columns)
    this.tell()
  }

  tell(): void {
    this.#toldColumns = this.#columns
    for (const listener of this.#listeners) listener()
  }

  reflow(columns: number): void {
    const logical: { cells: string[]; hasCursor: boolean }[] = []
    let joined: string[] = []
    let hasCursor = false
    for (const [i, line] of this.#lines.entries()) {
      joined.push(...line.cells)
      hasCursor ||= i === this.#row
      if (line.continues) continue
      logical.push({ cells: joined, hasCursor })
      joined = []
      hasCursor = false
    }
    this.#columns = columns
    this.#lines = []
    for (const { cells, hasCursor: here } of logical) {
      do {
        if (here) this.#row = this.#lines.length
        const piece = cells.splice(0, columns)
        this.#lines.push({ cells: piece, continues: cells.length > 0 })
      } while (cells.length > 0)
    }
  }

  #take(token: string): void {
    if (token.startsWith('\x1b')) {
      this.#control(token)
    } else if (token === '\r') {
      this.#column = 0
    } else if (token === '\n') {
      this.#down()
    } else {
      this.#put(token)
    }
  }

  #control(token: string): void {
    const count = Number(token.slice(2, -1)) || 1
    const line = this.#line()
    switch (token.at(-1)) {
      case 'A':
        this.#row = Math.max(this.#top(), this.#row - count)
        break
      case 'J':
        line.cells.length = Math.min(line.cells.length, this.#column)
        line.continues = false
        this.#lines.length = this.#row + 1
        break
      case 'K':
        // Erasing a part of a line does not make it forget that it goes on in the next.
        if (token === '\u001b[2K') line.continues = false
        line.cells.length = token === '\u001b[2K' ? 0 : Math.min(line.cells.length, this.#column)
        break
      case 'h':
      case 'l':
        if (token.startsWith('\u001b[?7')) this.#autowrap = token.endsWith('h')
        if (token.startsWith('\u001b[?25')) this.cursorVisible = token.endsWith('h')
        break
      default:
        assert.fail(`an unknown control sequence: ${JSON.stringify(token)}`)
    }
  }

  #put(character: string): void {
    assert.doesNotMatch(character, /\p{Cc}/u)
    const width = displayWidth(character)
    if (this.#column + width > this.#columns) {
      if (!this.#autowrap) return
      this.#line().continues = true
      this.#down()
      this.#column = 0
    }
    const { cells } = this.#line()
    while (cells.length < this.#column) cells.push(' ')
    cells[this.#column] = character
    if (width === 2) cells[this.#column + 1] = ''
    this.#column += width
  }

  #down(): void {
    this.#row++
    if (this.#row === this.#lines.length) this.#lines.push({ cells: [], continues: false })
  }

  #line(): { cells: string[]; continues: boolean } {
    const line = this.#lines[this.#row]
    assert.ok(line, 'the cursor is on a line')
    return line
  }

  #top(): number {
    return Math.max(0, this.#lines.length - this.#rows)
  }
}

const running = (over: Partial<RunResult> = {}): RunResult =>
  sampleResult({
    ...sampleFigures(28_000, 2.1, 14),
    state: 'running',
    outcome: null,
    elapsedMs: 14_000,
    drivers: [sampleDriver('d1', 0, { state: 'running' }), sampleDriver('d2', 1, { state: 'running' })],
    ...over,
  })

const live = (over: Partial<LiveFigures> = {}): LiveFigures => ({
  askedPerSecond: 2_000,
  lastSecond: sampleRow(13, 1_998),
  recent: [500, 1_000, 1_500, 1_998].map((answered, i) => sampleRow(10 + i, answered)),
  drivers: new Map([['d1', { answeredPerSecond: 999, responseP99Ms: 17.6, latenessP99Ms: 0.42 }]]),
  ...over,
})

const opened = (columns = 100, rows = 30): { screen: Screen; clock: FakeClock; view: Progress } => {
  const screen = new Screen(columns, rows)
  const clock = new FakeClock()
  return { screen, clock, view: createLiveView(screen, clock, { colour: false, keys: true }) }
}

test('a frame shows the run as it is', () => {
  const { screen, view } = opened()
  view.update(running(), live())
  assert.deepEqual(screen.text, [
    'shop  RUNNING      ━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────  0:14 of 0:30, 0:16 left',
    'rate      asked  2,000/s   answered  1,998/s   in flight     4   ▃▅▇█',
    'last 1 s  p50  2.1 ms   p90 4.41 ms   p99 17.6 ms   max   84 ms',
    'run       p50  2.1 ms   p90 4.41 ms   p99 17.6 ms   max   84 ms',
    'errors    9 of 28,009, 0.03 %   timeout 6   reset 3',
    'SLOs      ✓ p99 < 250ms (17.6 ms)   ✓ errors < 0.1% (0.03 %)',
    'driver    d1  running      999/s  p99 17.6 ms  late  420 us  cpu  31 %',
    'driver    d2  running          –  p99       –  late       –  cpu  31 %',
    'space pause · + faster · - slower · q stop',
  ])
})

test('every frame is one write, in synchronized mode, over the frame before it', async () => {
  const { screen, clock, view } = opened()
  view.update(running(), live())
  view.update(running({ elapsedMs: 15_000 }), live())
  await clock.advance(250)
  await clock.advance(250)
  assert.equal(screen.writes.length, 3)
  for (const write of screen.writes) {
    assert.ok(write.startsWith('\x1b[?2026h') && write.endsWith('\x1b[?2026l'))
  }
  assert.equal(screen.text.length, 9)
  assert.match(screen.text[0] ?? '', /0:15 of 0:30/)
})

test('between two updates the clock runs on, and stands when news stay away', async () => {
  const { screen, clock, view } = opened()
  view.update(running(), live())
  await clock.advance(1_250)
  assert.match(screen.text[0] ?? '', /0:15 of 0:30/)
  await clock.advance(10_000)
  assert.match(screen.text[0] ?? '', /0:16 of 0:30/)
})

test('log lines stay above, in order and cleaned, however long', async () => {
  const { screen, clock, view } = opened(70)
  view.log('before the first frame')
  view.update(running(), live())
  view.log('\x1b[2Jdriver \x1b[31md2\x1b[0m\nsays hello')
  await clock.advance(250)
  view.log('x'.repeat(150))
  await clock.advance(250)
  assert.deepEqual(screen.text.slice(0, 5), [
    'before the first frame',
    'driver d2 says hello',
    'x'.repeat(70),
    'x'.repeat(70),
    'x'.repeat(10),
  ])
  assert.equal(screen.text.length, 5 + 9)
  assert.match(screen.text[5] ?? '', /^shop {2}RUNNING/)
})

test('a frame with fewer lines leaves nothing of the longer one', async () => {
  const { screen, clock, view } = opened()
  view.update(running({ drivers: Array.from({ length: 8 }, (_, i) => sampleDriver(`d${i}`, i)) }), live())
  assert.equal(screen.text.length, 15)
  view.update(running({ drivers: [] }), live())
  await clock.advance(250)
  assert.equal(screen.text.length, 7)
})

test('after any change of width the screen holds the logs and one whole frame', async () => {
  const { screen, clock, view } = opened(100, 60)
  view.log('one log line')
  view.update(running(), live())
  for (const columns of [70, 61, 100, 64, 90, 40, 25, 15, 100, 33, 200, 60, 80]) {
    screen.resize(columns)
    await clock.advance(250)
    const expected = columns <= 20 ? 0 : columns <= 60 ? 1 : 9
    assert.equal(screen.text.length, 1 + expected, `${columns} columns:\n${screen.text.join('\n')}`)
    assert.equal(screen.text[0], 'one log line')
    for (const line of screen.text) assert.ok(displayWidth(line) < columns || line === 'one log line')
  }
  view.log('the last')
  assert.deepEqual(screen.text.slice(0, 2), ['one log line', 'the last'])
})

test('a frame drawn before the new width is known is put right when it is', async () => {
  const { screen, clock, view } = opened(100, 60)
  view.log('one log line')
  view.update(running(), live())
  for (const columns of [70, 62, 100, 75]) {
    screen.reflow(columns)
    await clock.advance(500)
    screen.tell()
    assert.equal(screen.text.length, 10, `${columns} columns:\n${screen.text.join('\n')}`)
    assert.equal(screen.text[0], 'one log line')
  }
})

test('under sixty columns a line is left, under twenty none', () => {
  const narrow = opened(50)
  narrow.view.update(running(), live())
  assert.deepEqual(narrow.screen.text, ['RUNNING 46 %  1,998/s  p99 17.6 ms  9 errors'])
  const tiny = opened(15)
  tiny.view.update(running(), live())
  tiny.view.log('a word')
  assert.deepEqual(tiny.screen.text, ['a word'])
})

test('a frame is never higher than the screen, so that every line can be climbed to', async () => {
  for (const rows of [3, 6, 10, 14]) {
    const { screen, clock, view } = opened(100, rows)
    const drivers = Array.from({ length: 100 }, (_, i) => sampleDriver(`d${i}`, i, { state: 'running' }))
    view.update(running({ drivers }), live())
    const height = screen.text.length
    assert.ok(height < rows)
    await clock.advance(250)
    assert.equal(screen.text.length, height)
  }
})

test('of many drivers the troubled come first and the rest is counted', () => {
  const { screen, view } = opened(100, 40)
  const drivers = Array.from({ length: 100 }, (_, i) =>
    sampleDriver(
      `d${i}`,
      i,
      i === 57 ? { state: 'lost', reason: 'no message for 3 s' } : { state: 'running' },
    ),
  )
  view.update(running({ drivers }), live())
  assert.equal(screen.text[6], 'driver    d57  LOST  no message for 3 s')
  assert.equal(screen.text[14], '          and 92 more drivers')
})

test('lights carry a word and a mark; the broken ones come first', () => {
  const { screen, view } = opened()
  const slo = [
    { text: 'p99 < 1s', passed: true, observed: 12, observedText: '12 ms', brokenAtSecond: null },
    { text: 'p95 of buy < 1s', passed: null, observed: null, observedText: 'no data', brokenAtSecond: null },
    { text: 'errors < 0.1%', passed: false, observed: 0.02, observedText: '2 %', brokenAtSecond: 4 },
  ]
  view.update(running({ slo }), live())
  assert.ok(
    screen.text.includes(
      'SLOs      ✗ BROKEN errors < 0.1% (2 %)   ✓ p99 < 1s (12 ms)   · p95 of buy < 1s (no data)',
    ),
  )
})

test('before the start, paused, and bounded by a count', () => {
  const { screen, view } = opened()
  const waiting = [sampleDriver('d1', 0, { state: 'ready' }), sampleDriver('d2', 1, { state: 'configuring' })]
  view.update(running({ state: 'configuring', drivers: waiting, elapsedMs: 0 }), noLiveFigures)
  assert.match(screen.text[0] ?? '', /CONFIGURING .* 1 of 2 drivers ready$/)
  assert.ok(screen.text.includes('driver    d2  configuring'))
  assert.match(screen.text[1] ?? '', /as answers come {3}answered +–/)
  view.update(running({ state: 'paused' }), live())
  assert.match(screen.text[0] ?? '', /PAUSED/)
  assert.match(screen.text.at(-1) ?? '', /^space resume/)
  const plan = { ...running().plan, durationMs: null, operations: 56_018 }
  view.update(running({ state: 'running', plan }), live())
  assert.match(screen.text[0] ?? '', /28,009 of 56,018, 0:14, 0:14 left$/)
})

test('hostile and wide names neither wrap nor move anything', async () => {
  const evil = `\x1b[10A\r\n\u202e日本語日本語日本語🚀${'x'.repeat(500)}`
  const { screen, clock, view } = opened(80)
  view.update(
    running({
      name: evil,
      drivers: [
        sampleDriver(evil, 0, { state: 'running' }),
        sampleDriver('d2', 1, { state: 'lost', reason: evil }),
      ],
      slo: [{ text: evil, passed: false, observed: 1, observedText: evil, brokenAtSecond: 1 }],
      totals: { ...running().totals, errors: { [evil]: 3 } },
    }),
    live(),
  )
  await clock.advance(250)
  assert.equal(screen.text.length, 9)
  for (const line of screen.text) assert.ok(displayWidth(line) < 80, line)
})

test('closing erases the frame, shows the cursor and stops everything, once', async () => {
  const { screen, clock, view } = opened()
  view.log('kept')
  view.update(running(), live())
  assert.equal(screen.cursorVisible, false)
  view.close()
  const { length } = screen.writes
  view.close()
  view.update(running(), live())
  screen.resize(70)
  await clock.advance(1_000)
  assert.equal(screen.writes.length, length)
  assert.deepEqual(screen.text, ['kept'])
  assert.equal(screen.cursorVisible, true)
  assert.equal(clock.pending, 0)
  assert.equal(screen.listeners, 0)
})

test('a view that never drew leaves the terminal alone', () => {
  const { screen, view } = opened()
  view.close()
  assert.deepEqual(screen.writes, [])
})

test('colour changes nothing but colour', () => {
  const screens = [true, false].map((colour) => {
    const screen = new Screen(80, 30)
    const written: string[] = []
    const terminal: Terminal = {
      isTty: true,
      columns: screen.columns,
      rows: screen.rows,
      write: (text) => {
        written.push(text)
        screen.write(text.replace(colourSequence, ''))
      },
      onResize: () => () => {},
    }
    createLiveView(terminal, new FakeClock(), { colour, keys: true }).update(running(), live())
    return { text: screen.text, hasColour: written.join('').includes('\x1b[32m') }
  })
  assert.deepEqual(screens[0]?.text, screens[1]?.text)
  assert.deepEqual(
    screens.map(({ hasColour }) => hasColour),
    [true, false],
  )
})

test('drivers written by others show what they say, and unknown where they say nothing', () => {
  const drivers = [
    sampleDriver('d1', 0, { state: 'running' }),
    sampleForeignDriver('f1', { answered: 880 }, { state: 'running' }),
  ]
  const mixed = opened()
  mixed.view.update(running({ drivers }), live())
  assert.match(mixed.screen.text[1] ?? '', /^rate {6}asked {2}2,000\/s {3}answered/)
  assert.equal(mixed.screen.text[7], 'driver    f1  running   answered 880  mean 5 ms  max 40 ms  by others')

  const alone = opened()
  const plan = { ...running().plan, durationMs: null, operations: 1000 }
  const silent = sampleForeignDriver('f1', {}, { assumedFinished: true })
  alone.view.update(running({ drivers: [silent], plan, slo: [] }), live())
  assert.match(alone.screen.text[0] ?? '', /^shop {2}RUNNING {6}─+ {2}0:14$/)
  assert.deepEqual(alone.screen.text.slice(1), [
    'told      sent unknown   answered unknown   errors unknown   max 40 ms',
    'driver    f1  finished  answered unknown  mean 5 ms  max 40 ms  assumed',
    'space pause · + faster · - slower · q stop',
  ])

  const narrow = opened(50)
  narrow.view.update(running({ drivers: [silent], plan }), live())
  assert.deepEqual(narrow.screen.text, ['RUNNING  answered unknown  errors unknown'])

  const counting = opened()
  const half = sampleForeignDriver('f1', { sent: 500 }, { state: 'running' })
  const none = sampleFigures(0, 1)
  counting.view.update(running({ ...none, drivers: [half], plan }), live())
  assert.match(counting.screen.text[0] ?? '', / 500 of 1,000, 0:14, 0:14 left$/)
})

test('a finished run lasted as long as it was asked to, though its last answer came a moment before', () => {
  assert.equal(progressOf(sampleResult(), 24_960).text, '0:25')
  assert.equal(progressOf(sampleResult(), 24_400).text, '0:24')
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sampleCharts } from '../../testing/sample-track.ts'
import type { FigureName, Track } from '../model/track.ts'
import { marksOf, placeMarkLabels } from './chart-marks.ts'
import { ChartRows, isSameInput, unreportedSpans } from './chart-rows.ts'
import { gapSentence, gapTexts, heatReadout, lineReadout, windowText } from './chart-words.ts'
import { HeatGrid } from './heat-grid.ts'
import { farLimitText, latencyRangeOf, nearLimits } from './line-range.ts'
import { errorSpec, flightSpec, latencySpec, rateSpec } from './line-spec.ts'

const sample = sampleCharts({ seconds: 100 })

const withFigures = (figures: Partial<Record<FigureName, (number | null)[]>>, step = 1): ChartRows => {
  const length = Object.values(figures)[0]?.length ?? 0
  const track: Track = {
    ...sample.track,
    step,
    length,
    figures: { ...sample.track.figures, ...figures },
  }
  return new ChartRows({ track, from: 0, to: length * step })
}

describe('the sentence of the coordinated-omission gap', () => {
  it('says how much longer users waited, why, and when', () => {
    const rows = withFigures({ p99: [10, 1200, 11], serviceP99: [9.9, 40, 10.5] })
    assert.equal(
      gapSentence(rows),
      'In the seconds shown, users waited up to 1.16 s longer than the service took, because requests were due before they could be sent: at 0:01 the p99 of response time was 1.2 s, of service time 40 ms.',
    )
  })

  it('says that they agree where they do', () => {
    assert.equal(
      gapSentence(withFigures({ p99: [10, 12], serviceP99: [9.5, 11.2] })),
      'Response and service time agree in the seconds shown: their p99 are never more than 800 us apart, for requests left when they were due.',
    )
    assert.equal(
      gapSentence(withFigures({ p99: [10, null], serviceP99: [10, null] })),
      'Response and service time agree in the seconds shown: requests left when they were due.',
    )
  })

  it('says nothing where nothing was answered', () => {
    assert.equal(gapSentence(withFigures({ p99: [null], serviceP99: [null] })), '')
  })

  it('shows the service time beside the response time only where they differ', () => {
    const line = latencySpec.lines.find(({ name }) => name === 'service p99')
    assert.equal(line?.isPresent?.(withFigures({ p99: [10, 1200], serviceP99: [9, 40] })), true)
    assert.equal(line?.isPresent?.(withFigures({ p99: [10, 12], serviceP99: [10, 12] })), false)
  })
})

describe('what the readout says', () => {
  const grid = new HeatGrid({
    time: 'response',
    mode: 'count',
    widen: 1,
    thicken: 1,
    firstRow: 0,
    cells: 150,
    width: 128,
    step: 1,
  })
  const rows = new ChartRows(sample)
  grid.take(rows)
  const marks = marksOf(sample)

  it('is second, row, count, share, and share at or below', () => {
    const counts = sample.track.response[5] ?? []
    const cell = counts.findIndex((count) => count > 20)
    const { count, atOrBelow, total } = grid.cell(5, cell)
    const text = heatReadout(rows, grid, 5, cell, marks, [])
    assert.match(
      text,
      new RegExp(
        `^0:05, [\\d.]+ ms to [\\d.]+ ms: ${count} answers, ([\\d.]+) % of ${total}; ([\\d.]+) % took`,
      ),
    )
    const [, share = '', below = ''] = /answers, ([\d.]+) % of \d+; ([\d.]+) %/.exec(text) ?? []
    assert.ok(Math.abs(Number(share) - (100 * count) / total) < 0.06, text)
    assert.ok(Math.abs(Number(below) - (100 * atOrBelow) / total) < 0.06, text)
  })

  it('tells apart what nobody reported and what nobody answered', () => {
    assert.equal(heatReadout(rows, grid, 71, 0, marks, []), '1:11: not reported')
    assert.match(heatReadout(rows, grid, 81, 0, marks, []), /^1:21: no answers$/)
  })

  it('names errors, steering, and drivers that were silent', () => {
    assert.match(heatReadout(rows, grid, 46, 30, marks, []), /; \d+ errors.*; p99 crossed$/)
    assert.match(heatReadout(rows, grid, 30, 30, marks, []), /; rate x1\.5$/)
    assert.match(
      heatReadout(rows, grid, 11, 30, marks, sample.gaps),
      /; driver d3 has not reported it \(12\.5 % of the load\)$/,
    )
    assert.deepEqual(
      gapTexts([...sample.gaps, { driver: 'd4', from: 12, to: 13, share: 0.5 }], { from: 12, to: 13 }),
      ['2 drivers have not reported it (62.5 % of the load)'],
    )
  })

  it('names the lines of a chart with their values', () => {
    const values = [
      { name: 'asked', text: '500/s' },
      { name: 'answered', text: '498/s' },
    ]
    assert.equal(lineReadout(rows, 4, values, marks, []), '0:04: asked 500/s, answered 498/s')
    assert.equal(lineReadout(rows, 71, values, marks, []), '1:11: not reported')
  })
})

describe('marks', () => {
  it('say what was done', () => {
    assert.deepEqual(
      marksOf(sample).map(({ second, label, kind }) => [second, label, kind]),
      [
        [30, 'rate x1.5', 'steering'],
        [46, 'p99 crossed', 'broken'],
        [80, 'pause', 'steering'],
        [84, 'resume', 'steering'],
      ],
    )
    assert.deepEqual(
      marksOf({ ...sample, from: 60, to: 82 }).map(({ label }) => label),
      ['pause'],
    )
  })

  it('have labels that cover no other and stay inside', () => {
    const wide = { width: 40 }
    assert.deepEqual(
      placeMarkLabels(
        [
          { x: 10, ...wide },
          { x: 30, ...wide },
          { x: 100, ...wide },
          { x: 196, ...wide },
        ],
        0,
        200,
        4,
      ),
      [14, undefined, 104, 152],
    )
  })
})

describe('the rows of a window', () => {
  it('are those between its ends, whatever the track holds besides', () => {
    const rows = new ChartRows({ track: { ...sample.track, first: 500 }, from: 510, to: 520 })
    assert.equal(rows.length, 10)
    assert.equal(rows.secondOf(0), 510)
    assert.deepEqual(rows.middles.slice(0, 2), [510.5, 511.5])
    assert.equal(rows.rowAt(519.9), 9)
    assert.equal(rows.rowAt(520), undefined)
    assert.equal(rows.figure('p99').length, 10)
    assert.equal(windowText(rows), '8:30 to 8:40')
  })

  it('are fewer where the track begins later or ends earlier', () => {
    assert.equal(new ChartRows({ track: { ...sample.track, first: 15 }, from: 0, to: 20 }).length, 5)
    assert.equal(new ChartRows({ track: sample.track, from: 95, to: 300 }).length, 5)
    assert.equal(new ChartRows({ track: sample.track, from: 200, to: 300 }).length, 0)
  })

  it('know that the last of them may not be full', () => {
    const rows = new ChartRows({ track: { ...sample.track, step: 30 }, from: 0, to: 65 })
    assert.deepEqual(
      [0, 1, 2].map((row) => rows.secondsOf(row)),
      [30, 30, 5],
    )
  })

  it('are hatched where nobody reported, run together', () => {
    assert.deepEqual(unreportedSpans(new ChartRows(sample)), [{ from: 70, to: 74 }])
  })

  it('are drawn anew only when something changed', () => {
    assert.ok(isSameInput(sample, { ...sample }))
    assert.ok(!isSameInput(sample, { ...sample, to: 101 }))
    assert.ok(
      !isSameInput(sample, {
        ...sample,
        limits: sample.limits.map((limit) => ({ ...limit, isBroken: false })),
      }),
    )
    assert.ok(
      !isSameInput(sample, { ...sample, gaps: sample.gaps.map((gap) => ({ ...gap, to: gap.to + 1 })) }),
    )
    assert.ok(!isSameInput(undefined, sample))
  })
})

describe('what the legend and the axes say', () => {
  it('has rates with their unit and latencies with theirs', () => {
    assert.deepEqual([0, 0.25, 12.5, 1234].map(rateSpec.write), ['0/s', '0.25/s', '12.5/s', '1,234/s'])
    assert.deepEqual([0.4, 212, 2410].map(latencySpec.write), ['400 us', '212 ms', '2.41 s'])
    assert.deepEqual([3, 1.25].map(flightSpec.write), ['3', '1.25'])
  })

  it('says that there were no errors, and of how long', () => {
    const none = {
      ...sample.track,
      errors: sample.track.errors.map((errors) => (errors === null ? null : {})),
    }
    assert.equal(
      errorSpec.empty?.(new ChartRows({ track: { ...none, first: 0 }, from: 0, to: 60 })),
      'No errors in these 60 s',
    )
    assert.equal(errorSpec.empty?.(new ChartRows(sample)), '')
  })

  it('counts kinds that it does not know as unknown', () => {
    const track = {
      ...sample.track,
      errors: sample.track.errors.map(() => ({ '<b>odd</b>': 2, timeout: 1 })),
    }
    const rows = new ChartRows({ track, from: 0, to: 100 })
    const values = (name: string) => errorSpec.lines.find((line) => line.name === name)?.values(rows)[0]
    assert.deepEqual([values('unknown'), values('timeout'), values('reset')], [2, 1, undefined])
    assert.doesNotMatch(errorSpec.sentence(rows), /odd/)
  })

  it('leaves a limit far above out of the picture, and says so', () => {
    const limits = [
      { ms: 100, label: 'p99 < 100 ms', isBroken: false },
      { ms: 60_000, label: 'max < 60 s', isBroken: false },
    ]
    assert.deepEqual(
      nearLimits(limits, 30).map(({ ms }) => ms),
      [100],
    )
    const range = latencyRangeOf([[3, null, 0], [30]], limits)
    assert.deepEqual(range, { fromMs: 2, toMs: 100 })
    assert.equal(farLimitText(limits, { fromMs: 2, toMs: 100 }), 'Outside of what is drawn: max < 60 s.')
  })
})

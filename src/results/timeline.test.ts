import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newRunState, type RunState } from '../orchestrator/run-state.ts'
import { sampleScenario } from '../testing/sample-scenario.ts'
import { sampleSecond } from '../testing/sample-seconds.ts'
import { buildTimeline } from './build-result.ts'
import type { TimelineRow } from './run-result.ts'
import type { StoredSecond } from './store/results-store.ts'
import { firstSecondOf, type TimelineQuery, timelineOf } from './timeline.ts'

const seconds: StoredSecond[] = Array.from({ length: 25 }, (_, i) =>
  sampleSecond(i, 1000 + 10 * i, 2000, 50_000),
)
const everything: TimelineQuery = { from: 0, to: 1000, step: 1, columns: false }

const rowsOf = async (change: Partial<TimelineQuery>): Promise<TimelineRow[]> => {
  const query = { ...everything, ...change }
  const rows: TimelineRow[] = []
  for await (const row of timelineOf(seconds.slice(firstSecondOf(query)), query)) rows.push(row)
  return rows
}

describe('a timeline', () => {
  it('is the same from a live run and from its record', async () => {
    const state: RunState = {
      ...newRunState('r', sampleScenario(), 0),
      seconds: seconds.map(({ second: _, ...row }) => row),
    }
    assert.deepEqual(await rowsOf({}), [...buildTimeline(state)])
  })

  it('is cut to a span and a request', async () => {
    assert.deepEqual(
      (await rowsOf({ from: 3, to: 5, request: '*' })).map(({ second, request }) => [second, request]),
      [
        [3, '*'],
        [4, '*'],
      ],
    )
    const all = (await rowsOf({ request: 'GET /' })).slice(3, 5)
    assert.deepEqual(await rowsOf({ from: 3, to: 5, request: 'GET /' }), all)
    assert.deepEqual(await rowsOf({ request: 'nothing' }), [])
  })

  it('in steps adds the histograms of aligned seconds, and never averages', async () => {
    const rows = await rowsOf({ step: 10, request: '*' })
    assert.deepEqual(
      rows.map(({ second, responseTimeMs }) => [second, responseTimeMs.count]),
      [
        [0, 30],
        [10, 30],
        [20, 15],
      ],
    )
    const fine = await rowsOf({ request: '*' })
    assert.equal(
      rows[0]?.answered,
      fine.slice(0, 10).reduce((sum, row) => sum + row.answered, 0),
    )
    assert.equal(rows[0]?.responseTimeMs.max, 50)
    assert.equal(rows[0]?.responseTimeMs.median, 2)
    assert.equal(rows[0]?.inFlight, fine[9]?.inFlight)
    assert.deepEqual(
      (await rowsOf({ step: 10, from: 12, request: '*' })).map(({ second }) => second),
      [10, 20],
    )
  })

  it('has columns of the heat map where they are asked for', async () => {
    const [row] = await rowsOf({ columns: true, request: '*', to: 1 })
    assert.ok(row !== undefined && 'responseColumn' in row && row.responseColumn !== '')
    assert.equal('responseColumn' in ((await rowsOf({}))[0] ?? {}), false)
  })
})

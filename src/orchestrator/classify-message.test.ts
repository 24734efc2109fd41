import assert from 'node:assert/strict'
import { it } from 'node:test'
import { foreignReport, foreignRun, foreignStartMs, foreignTold } from '../testing/sample-foreign.ts'
import { type Attributable, type Attribution, classify } from './classify-message.ts'
import { foldRun, newRunState, type RunState } from './run-state.ts'

const run = (id: string, state: RunState): { state: RunState } => ({ state: { ...state, id } })
const finished = foldRun(foreignRun(['f-old']), { type: 'closed', atMs: foreignStartMs + 1 })
const doneOne = foldRun(
  foreignRun(['f-done'], { ours: ['d-2'] }),
  foreignTold(foreignStartMs + 1, foreignReport('f-done', 'a', { completed: 500 })),
)

const runs = new Map([
  ['r-a', run('r-a', foreignRun(['f-1', 'f-both'], { ours: ['d-1'] }))],
  ['r-b', run('r-b', foreignRun(['f-2', 'f-both']))],
  ['r-c', run('r-c', doneOne)],
  ['r-queued', run('r-queued', newRunState('r-queued', finished.scenario, 0))],
  ['r-over', run('r-over', finished)],
])

const report: Attributable = { node_id: 'f-1', test_id: 'r-a' }
const to = (runId: string, joins = false): Attribution => ({ kind: 'run', runId, joins })
const orphan = (reason: Extract<Attribution, { kind: 'orphan' }>['reason']): Attribution => ({
  kind: 'orphan',
  reason,
})

it('a report that is read again and names no run is of none that is younger', () => {
  const unnamed: Attributable = { node_id: 'f-1' }
  const { createdAtMs } = foreignRun([])
  assert.deepEqual(classify(unnamed, 'metrics', runs, createdAtMs - 1), orphan('no run named'))
  assert.deepEqual(classify(unnamed, 'metrics', runs, createdAtMs + 1), to('r-a'))
  assert.deepEqual(classify(report, 'metrics', runs, createdAtMs - 1), to('r-a'))
})

const cases: [what: string, message: Attributable, ofReport: Attribution, ofHeartbeat: Attribution][] = [
  ['of a driver of the run', report, to('r-a'), to('r-a')],
  ['of one of ours', { ...report, node_id: 'd-1', protocol: 'groundswell/1' }, to('r-a'), to('r-a')],
  ['of a stranger', { ...report, node_id: 'f-9' }, to('r-a', true), to('r-a', true)],
  [
    'of one of ours that has no share',
    { ...report, node_id: 'd-9', protocol: 'groundswell/1' },
    orphan('not in this run'),
    orphan('not in this run'),
  ],
  ['of an unknown run', { ...report, test_id: 'r-z' }, orphan('unknown run'), orphan('unknown run')],
  ['of a run that is over', { ...report, test_id: 'r-over' }, orphan('finished run'), orphan('finished run')],
  [
    'of a run that has no drivers yet',
    { ...report, test_id: 'r-queued' },
    orphan('not in this run'),
    orphan('not in this run'),
  ],
  ['that names no run, its sender being in one', { node_id: 'f-1' }, to('r-a'), to('r-a')],
  ['that names no run, its sender taken for finished', { node_id: 'f-done' }, to('r-c'), to('r-c')],
  [
    'that names no run, its sender being in two',
    { node_id: 'f-both' },
    orphan('no run named'),
    { kind: 'nobody' },
  ],
  [
    'that names no run, its sender being in none',
    { node_id: 'f-9' },
    orphan('no run named'),
    { kind: 'nobody' },
  ],
  [
    'that names no run, its sender having been in one',
    { node_id: 'f-old' },
    orphan('no run named'),
    { kind: 'nobody' },
  ],
]
for (const [what, message, ofReport, ofHeartbeat] of cases)
  it(`a message ${what} belongs to ${ofReport.kind === 'run' ? ofReport.runId : 'no run'}`, () => {
    assert.deepEqual(classify(message, 'metrics', runs), ofReport)
    assert.deepEqual(classify(message, 'heartbeat', runs), ofHeartbeat)
  })

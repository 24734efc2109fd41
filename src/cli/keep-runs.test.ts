import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { Run } from '../orchestrator/run.ts'
import { keepRuns } from './keep-runs.ts'

test('what was taken up and what is handed in is kept; everything else is the orchestrator itself', () => {
  const runOf = (id: string) => ({ id, record: { name: id } }) as unknown as Run
  const runs = new Map([['r-1', runOf('r-1')]])
  const members: Orchestrator['members'] = new Map()
  const orchestrator = {
    runs,
    members,
    queued: 3,
    rejected: new Map([['x', 1]]),
    isConnected: true,
    submit: ({ id }: { id?: string }) => {
      const run = runOf(id ?? '')
      runs.set(run.id, run)
      return run
    },
  } as unknown as Orchestrator
  const kept: string[] = []
  const owner = keepRuns(orchestrator, {
    follow: (run, record) => {
      kept.push(`${run.id} ${record.name}`)
      return () => {}
    },
  })
  const request = { id: 'r-2' } as Parameters<Orchestrator['submit']>[0]
  assert.equal(owner.submit(request).id, 'r-2')
  assert.deepEqual(kept, ['r-1 r-1', 'r-2 r-2'])
  assert.deepEqual([owner.runs, owner.members, owner.queued, owner.isConnected], [runs, members, 3, true])
  assert.equal(owner.rejected.get('x'), 1)
})

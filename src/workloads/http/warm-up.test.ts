import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { openHandles } from '../../testing/open-handles.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { warmUp } from './warm-up.ts'

test('a warm-up makes requests, ends within its time, and leaves no handle', async () => {
  const begunMs = performance.now()
  const requests = await warmUp(systemClock)
  assert.ok(requests > 100, `${requests} requests`)
  assert.ok(performance.now() - begunMs < 5000)
  await waitFor('no handle to be left', () => openHandles().length === 0)
})

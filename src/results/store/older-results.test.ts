import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { sampleResult } from '../../testing/sample-result.ts'
import { sampleScenario } from '../../testing/sample-scenario.ts'
import type { RunResult } from '../run-result.ts'
import { openStore } from './open-store.ts'

it('a result that an older version wrote is read with what it did not know as unknown', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'groundswell-older-'))
  const store = await openStore(join(directory, 'results.sqlite'), {
    clock: systemClock,
    logger: silentLogger,
  })
  try {
    await store.createRun({ id: 'r-1', createdAtMs: 1, record: sampleScenario(), isResumable: false })
    const { environment, ...older } = sampleResult({ id: 'r-1' })
    await store.putResult('r-1', older as RunResult)
    assert.deepEqual(await store.readResult('r-1'), { ...older, environment: null })
    await store.putResult('r-1', { ...older, environment })
    assert.deepEqual(await store.readResult('r-1'), { ...older, environment })
  } finally {
    await store.close()
    await rm(directory, { recursive: true })
  }
})

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import { openStore } from '../results/store/open-store.ts'
import { FakeProgram } from '../testing/fake-program.ts'
import { sampleScenario } from '../testing/sample-scenario.ts'
import { RunLog } from './conduct-run.ts'
import { keepRun } from './keep-run.ts'

test('a run of its own process leaves alone what an orchestrator has unfinished in the same store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'groundswell-keep-run-'))
  try {
    const location = join(directory, 'runs.sqlite')
    const store = await openStore(location, { clock: systemClock, logger: silentLogger })
    await store.createRun({ id: 'r-1', createdAtMs: 1, record: sampleScenario(), isResumable: true })
    assert.equal((await store.unfinishedRuns()).length, 1)
    const { context } = new FakeProgram([])
    const kept = keepRun(context, { store: location, quiet: true }, new RunLog(context, true))
    assert.deepEqual(await kept.journal.unfinished(), [])
    await kept.close()
    assert.equal((await store.unfinishedRuns()).length, 1)
    await store.close()
  } finally {
    await rm(directory, { recursive: true })
  }
})

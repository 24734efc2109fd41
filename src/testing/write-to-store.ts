import { systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import { openStore } from '../results/store/open-store.ts'
import { sampleScenario } from './sample-scenario.ts'

/** A process that opens the store named by its first argument and writes runs `PREFIX-0` to `PREFIX-19` with ten seconds each. */
const [, , location = '', prefix = ''] = process.argv
const store = await openStore(location, { clock: systemClock, logger: silentLogger })
for (let i = 0; i < 20; i++) {
  const id = `${prefix}-${i}`
  await store.createRun({ id, createdAtMs: i, record: sampleScenario(), isResumable: true })
  await store.appendEvent(id, 0, { type: 'closed', atMs: i })
  for (let second = 0; second < 10; second++)
    await store.putSeconds(id, [{ second, drivers: 1, whole: 1, inFlight: 0, measurements: new Map() }])
}
await store.close()

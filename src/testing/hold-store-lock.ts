import { systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import { openStore } from '../results/store/open-store.ts'

/** A process that opens the store named by its argument, locks it, says so, and waits for its end. */
const store = await openStore(process.argv[2] ?? '', { clock: systemClock, logger: silentLogger })
await store.lock()
process.stdout.write('locked\n')
setInterval(() => {}, 60_000)

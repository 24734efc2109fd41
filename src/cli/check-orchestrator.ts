import type { Clock } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'

const answerMs = 3000

/**
 * Whether an orchestrator answers at a URL; rejects with ORCHESTRATOR_UNREACHABLE. Drivers and orchestrator talk over Kafka
 * alone: this only finds a wrong address before somebody wonders.
 */
export const checkOrchestrator = async (clock: Clock, url: string): Promise<void> => {
  const late = new AbortController()
  const timer = clock.after(answerMs, () => late.abort(new Error(`it said nothing for ${answerMs / 1000} s`)))
  try {
    const response = await fetch(`${url}/healthz`, { signal: late.signal, redirect: 'manual' })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`it answered ${response.status} to GET /healthz`)
  } catch (error) {
    const why = error instanceof TypeError ? messageOf(error.cause ?? error) : messageOf(error)
    throw new AppError('ORCHESTRATOR_UNREACHABLE', `No orchestrator at ${url}: ${why}`, { cause: error })
  } finally {
    timer.cancel()
  }
}

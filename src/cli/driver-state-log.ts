import type { DriverStatus } from '../driver/driver-options.ts'
import type { Logger } from '../lib/logger.ts'

/** Says what a driver does and whether its broker is there: a line for each change. */
export const createStateLog = (logger: Logger): ((status: DriverStatus) => void) => {
  let said: DriverStatus | undefined
  return (status) => {
    const { state, testId, brokerAwaySinceMs, waitingReports, droppedReports } = status
    const run = testId === null ? {} : { run: testId }
    if (state !== said?.state) logger.info(`now ${state}`, run)
    const wasAway = (said?.brokerAwaySinceMs ?? null) !== null
    if (brokerAwaySinceMs !== null && !wasAway)
      logger.warn('the broker takes nothing: a share goes on, its reports wait', { ...run, waitingReports })
    if (brokerAwaySinceMs === null && wasAway) logger.info('the broker is back', { ...run, waitingReports })
    if (droppedReports > (said?.droppedReports ?? 0))
      logger.error('reports were dropped: too many waited for the broker', { ...run, droppedReports })
    said = status
  }
}

import { AppError, type ErrorCode, errorCatalogue } from '../lib/errors.ts'
import type { RunState } from './run-state.ts'

/** Why a run cannot begin: what the first driver that rejected it says, or who is missing. */
export const describeUnready = (state: RunState, ready: number): AppError => {
  const { drivers, scenario } = state
  const rejecting = [...drivers.values()].find(
    (driver) => driver.phase === 'rejected' && driver.reasonCode !== '',
  )
  if (rejecting !== undefined) {
    const code =
      rejecting.reasonCode in errorCatalogue ? (rejecting.reasonCode as ErrorCode) : 'DRIVER_REJECTED'
    return new AppError(
      code,
      `Driver ${rejecting.id}: ${rejecting.reason}`,
      rejecting.reasonHint === '' ? {} : { hint: rejecting.reasonHint },
    )
  }
  const missing = [...drivers.values()].filter((driver) => driver.phase !== 'ready')
  return new AppError(
    'DRIVERS_MISSING',
    `${ready} of ${drivers.size} drivers were ready within ${scenario.start.deadlineMs / 1000} s; missing: ${missing
      .map((driver) => `${driver.id} (${driver.phase})`)
      .join(', ')}.`,
  )
}

import { z } from 'zod'

/** What several answers have in common. */

export const count = z.number().nonnegative()
export const counts = z.record(z.string(), count)
export const instant = z.iso.datetime().describe('ISO 8601, UTC')
export const figureMs = z.number().nullable().describe('milliseconds; null without a sample')

export const phase = z.enum(['queued', 'configuring', 'ready', 'running', 'paused', 'finishing', 'finished'])
export const outcome = z.enum(['passed', 'failed', 'degraded', 'stopped']).nullable()
export const driverPhase = z.enum([
  'registered',
  'configuring',
  'ready',
  'running',
  'finished',
  'rejected',
  'lost',
  'left',
])

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DriverStatus } from '../driver/driver-options.ts'
import { createLineLogger } from '../lib/logger.ts'
import { createStateLog } from './driver-state-log.ts'

const idle: DriverStatus = {
  state: 'idle',
  testId: null,
  brokerAwaySinceMs: null,
  waitingReports: 0,
  droppedReports: 0,
}

test('a line for each change of the state, of the broker and of what is dropped, and none besides', () => {
  const lines: string[] = []
  const tell = createStateLog(createLineLogger('d', 'debug', (line) => lines.push(line)))
  const running: DriverStatus = { ...idle, state: 'running', testId: 'r-1' }
  const away: DriverStatus = { ...running, brokerAwaySinceMs: 5, waitingReports: 2 }
  for (const status of [idle, idle, running, running, away, { ...away, waitingReports: 3 }]) tell(status)
  for (const status of [
    { ...away, droppedReports: 4 },
    { ...running, droppedReports: 4 },
  ])
    tell(status)
  tell({ ...idle, testId: 'r-1', droppedReports: 4 })
  assert.deepEqual(lines, [
    'd: info: now idle',
    'd: info: now running run=r-1',
    'd: warn: the broker takes nothing: a share goes on, its reports wait run=r-1 waitingReports=2',
    'd: error: reports were dropped: too many waited for the broker run=r-1 droppedReports=4',
    'd: info: the broker is back run=r-1 waitingReports=0',
    'd: info: now idle run=r-1',
  ])
})

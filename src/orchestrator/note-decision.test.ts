import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLineLogger } from '../lib/logger.ts'
import { sampleScenario } from '../testing/sample-scenario.ts'
import { noteDecision } from './note-decision.ts'
import type { JournalEvent } from './run-journal.ts'
import { newRunState } from './run-state.ts'

const failed: JournalEvent = {
  type: 'failed',
  atMs: 5,
  error: { code: 'TARGET_UNREACHABLE', message: 'nobody there', hint: '' },
}

const linesOf = (isFollowed: boolean): string[] => {
  const lines: string[] = []
  const logger = createLineLogger('o', 'info', (line) => lines.push(line))
  noteDecision(logger, { run: 'r', name: 'n', isFollowed }, failed, newRunState('r', sampleScenario(), 0), 5)
  return lines
}

describe('a run that could not begin', () => {
  it('is warned of in the log of an orchestrator', () => {
    assert.deepEqual(linesOf(false), [
      'o: warn: a run could not begin run=r name=n code=TARGET_UNREACHABLE why=nobody there',
    ])
  })

  it('is no warning where who asked for it follows it and tells it himself', () => {
    assert.match(linesOf(true).join('\n'), /^o: info: a run could not begin run=r /)
  })
})

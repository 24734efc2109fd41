import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { Announcer } from './announcer.ts'

describe('announcements', () => {
  it('are 5 s apart, and of those that wait the latest is said', async () => {
    const clock = new FakeClock()
    const said: [number, string][] = []
    const startMs = clock.nowMs()
    const announcer = new Announcer(clock, (sentence) => said.push([clock.nowMs() - startMs, sentence]))
    announcer.announce('started')
    announcer.announce('a limit was crossed')
    await clock.advance(3000)
    announcer.announce('a driver was lost')
    await clock.advance(20_000)
    announcer.announce('finished')
    assert.deepEqual(said, [
      [0, 'started'],
      [5000, 'a driver was lost'],
      [23_000, 'finished'],
    ])
  })
})

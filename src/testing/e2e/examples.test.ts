import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startTarget } from '../../target/target-server.ts'
import { resultOf, rootDirectory, runProgramToEnd } from '../run-program.ts'

const examples = readdirSync(join(rootDirectory, 'scenarios')).filter((file) =>
  /\.(yaml|json|ts)$/.test(file),
)

describe('the examples', { concurrency: 3 }, () => {
  it('are there', () => assert.ok(examples.length >= 8))

  for (const example of examples)
    it(`${example} passes, and the target received exactly what was sent`, async () => {
      const target = await startTarget()
      try {
        const args = ['run', join('scenarios', example), '--set', `http.target=${target.url}`, '--json']
        const end = await runProgramToEnd(args)
        assert.equal(end.exitCode, 0, `${end.stderr}\n${end.stdout.slice(0, 3000)}`)
        const { totals, outcome } = resultOf(end)
        assert.equal(outcome, 'passed')
        assert.ok(totals.sent > 0)
        assert.equal(totals.sent, target.stats().requestsReceived)
        assert.equal(totals.answered, target.stats().responsesSent)
      } finally {
        await target.close()
      }
    })
})

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
        const { totals, outcome, slo } = resultOf(end)
        // How fast answers came says something of this machine at this moment, and nothing of the example.
        const isSlow = slo.some(({ text, passed }) => passed === false && /^p99 </.test(text))
        const said = `${end.stderr}\n${end.stdout.slice(0, 3000)}`
        assert.deepEqual([end.exitCode, outcome], isSlow ? [99, 'failed'] : [0, 'passed'], said)
        for (const { text, passed } of slo) assert.ok(passed || /^p99 </.test(text), `${text}: ${said}`)
        assert.ok(totals.sent > 0)
        assert.equal(totals.sent, target.stats().requestsReceived)
        assert.equal(totals.answered, target.stats().responsesSent)
      } finally {
        await target.close()
      }
    })
})

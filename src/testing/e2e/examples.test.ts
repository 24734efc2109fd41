import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startTarget } from '../../target/target-server.ts'
import { resultOf, rootDirectory, runProgramToEnd } from '../run-program.ts'

const examples = readdirSync(join(rootDirectory, 'scenarios')).filter((file) =>
  /\.(yaml|json|ts)$/.test(file),
)

describe('the examples', { concurrency: 2 }, () => {
  it('are there', () => assert.ok(examples.length >= 8))

  for (const example of examples)
    it(`${example} passes, and the target received exactly what was sent`, async () => {
      const target = await startTarget()
      try {
        const args = ['run', join('scenarios', example), '--set', `http.target=${target.url}`, '--json']
        const end = await runProgramToEnd(args)
        const { totals, outcome, slo } = resultOf(end)
        const said = `${end.stderr}\n${end.stdout.slice(0, 3000)}`
        const { timeout = 0, check = 0, ...others } = totals.errors
        assert.deepEqual(others, {}, said)
        // How fast answers came says something of this machine at this moment, and nothing of the example.
        const broken = slo.filter(({ passed }) => passed !== true)
        const isSlow = timeout > 0 || broken.some(({ text }) => /^p99 </.test(text))
        assert.deepEqual(
          [end.exitCode, outcome],
          isSlow && broken.length > 0 ? [99, 'failed'] : [0, 'passed'],
          said,
        )
        if (timeout === 0) for (const { text } of broken) assert.match(text, /^p99 </, said)
        if (!isSlow) assert.equal(check, 0, said)
        const { requestsReceived, responsesSent } = target.stats()
        assert.ok(totals.sent > 0)
        // What was given up waiting may have been read and answered, or not any more.
        assert.ok(requestsReceived <= totals.sent && requestsReceived >= totals.sent - timeout, said)
        assert.ok(responsesSent >= totals.answered && responsesSent <= totals.answered + timeout, said)
      } finally {
        await target.close()
      }
    })
})

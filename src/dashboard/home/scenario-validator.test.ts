import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import { type Judgement, ScenarioValidator } from './scenario-validator.ts'

interface Question {
  body: unknown
  signal: AbortSignal | undefined
  resolve(value: unknown): void
  reject(error: unknown): void
}

const world = () => {
  const clock = new FakeClock()
  const asked: Question[] = []
  const told: Judgement[] = []
  const api = {
    post: (_path: string, body: unknown, signal?: AbortSignal) =>
      new Promise((resolve, reject) => {
        asked.push({ body, signal, resolve, reject })
      }),
  } as Pick<ApiClient, 'post'>
  const validator = new ScenarioValidator(api, clock, (judgement) => told.push(judgement))
  return { clock, asked, told, validator, kinds: () => told.map(({ kind }) => kind) }
}

const draft = (text: string) => ({ text, assets: {}, env: {} })

describe('a scenario, judged while it is typed', () => {
  it('is asked about once its writer rests', async () => {
    const { clock, asked, validator, kinds } = world()
    for (const text of ['a', 'ab', 'abc']) {
      validator.judge(draft(text))
      await clock.advance(100)
    }
    assert.equal(asked.length, 0)
    await clock.advance(150)
    assert.deepEqual(
      asked.map(({ body }) => body),
      [{ yaml: 'abc' }],
    )
    asked[0]?.resolve({ valid: true })
    await clock.advance(1)
    assert.deepEqual(kinds(), ['checking', 'checking', 'checking', 'valid'])
  })

  it('of an older text nothing is said any more', async () => {
    const { clock, asked, validator, kinds, told } = world()
    validator.judge(draft('old'))
    await clock.advance(250)
    validator.judge(draft('new'))
    await clock.advance(250)
    assert.equal(asked[0]?.signal?.aborted, true)
    assert.equal(asked[1]?.signal?.aborted, false)
    asked[1]?.resolve({ valid: false, name: 'new' })
    asked[0]?.resolve({ valid: true, name: 'old' })
    await clock.advance(1)
    assert.deepEqual(kinds(), ['checking', 'checking', 'invalid'])
    assert.deepEqual(told.at(-1), { kind: 'invalid', validation: { valid: false, name: 'new' } })
  })

  it('that nobody could judge is asked about again, one that is too large is not', async () => {
    const { clock, asked, validator, kinds } = world()
    validator.judge(draft('a'))
    await clock.advance(250)
    asked[0]?.reject(new ApiProblem({ status: 0, code: 'UNREACHABLE', detail: 'no answer' }))
    await clock.advance(3000)
    assert.equal(asked.length, 2)
    asked[1]?.reject(new ApiProblem({ status: 413, code: 'BODY_TOO_LARGE', detail: 'too large' }))
    await clock.advance(10_000)
    assert.equal(asked.length, 2)
    assert.deepEqual(kinds(), ['checking', 'unknown', 'unknown'])
  })

  it('is nothing while it is empty, and after its end', async () => {
    const { clock, asked, validator, kinds } = world()
    validator.judge(draft(' \n'))
    validator.judge(draft('a'))
    validator.close()
    await clock.advance(1000)
    assert.equal(asked.length, 0)
    assert.deepEqual(kinds(), ['empty', 'checking'])
  })
})

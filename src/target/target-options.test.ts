import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { defaultTargetOptions, parseTargetOptions, type TargetFlags } from './target-options.ts'

describe('the options of the target', () => {
  it('have defaults', () => assert.deepEqual(parseTargetOptions({}), defaultTargetOptions))

  it('are read from flags', () => {
    const options = parseTargetOptions({
      host: '0.0.0.0',
      port: '8080',
      delay: '20ms',
      errors: '1.5% 503',
      stall: '1s every 10s',
      bodySize: '10kB',
      drops: '0.01',
      cuts: '2%',
      seed: '9',
    })
    assert.deepEqual(options, {
      host: '0.0.0.0',
      port: 8080,
      delay: { kind: 'fixed', ms: 20 },
      errorShare: 0.015,
      errorStatus: 503,
      stall: { lastingMs: 1000, everyMs: 10_000 },
      bodySizeBytes: 10_000,
      dropShare: 0.01,
      cutShare: 0.02,
      seed: 9,
    })
    assert.equal(parseTargetOptions({ errors: '100%' }).errorStatus, 500)
  })

  const wrong: TargetFlags[] = [
    { host: 'a b' },
    { port: '65536' },
    { port: '-1' },
    { port: 'x' },
    { delay: 'soon' },
    { errors: '101%' },
    { errors: '1% 200' },
    { errors: '1% 503 x' },
    { stall: '1s' },
    { stall: '10s every 10s' },
    { bodySize: '1GB' },
    { drops: 'some' },
    { cuts: '-1%' },
    { seed: '1.5' },
    { drops: '60%', cuts: '60%' },
  ]
  for (const flags of wrong)
    it(`refuses ${JSON.stringify(flags)} and names the flag`, () => {
      assert.throws(
        () => parseTargetOptions(flags),
        (error) =>
          error instanceof AppError &&
          error.code === 'USAGE' &&
          error.message.includes(
            `--${Object.keys(flags)[0] === 'bodySize' ? 'body-size' : Object.keys(flags)[0]}`,
          ),
      )
    })

  it('tells all faults at once', () => {
    assert.throws(
      () => parseTargetOptions({ port: 'x', delay: 'y', seed: 'z' }),
      (error: AppError) => {
        assert.deepEqual(
          error.message.split('\n').map((line) => line.split(' ')[0]),
          ['--port', '--delay', '--seed'],
        )
        return true
      },
    )
  })
})

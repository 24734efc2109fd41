import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { reportError } from './report-error.ts'

const told = (error: AppError): string => {
  const stderr = new PassThrough({ encoding: 'utf8' })
  reportError({ stderr }, error)
  return String(stderr.read())
}

describe('an error on the terminal', () => {
  it('is the message with its code, which the documents list, and then what to do', () => {
    assert.equal(
      told(new AppError('PORT_IN_USE', 'port 80 is in use.\n')),
      'groundswell: port 80 is in use (PORT_IN_USE)\n  Choose another port, or 0 for any free one.\n',
    )
  })

  it('of several lines is a list, and stands as it is', () => {
    const error = new AppError('SCENARIO_INVALID', '2 faults in a.yaml\n\none\n\ntwo', { hint: '' })
    assert.equal(told(error), 'groundswell: 2 faults in a.yaml\n\none\n\ntwo\n')
  })

  it('has a stack only where the fault is ours', () => {
    const cause = new Error('inner')
    const ours = told(new AppError('INTERNAL', 'odd', { cause }))
    assert.match(ours, /^groundswell: odd \(INTERNAL\)\n.*\nError: inner\n\s+at /)
    assert.doesNotMatch(told(new AppError('STORE_UNAVAILABLE', 'odd', { cause })), /\n\s+at /)
  })
})

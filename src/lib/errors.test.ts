import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AppError, errorCatalogue, exitCodes, messageOf, toAppError } from './errors.ts'

const document = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

/** The cells of the table with this head. */
const rowsOf = (head: string): string[][] => {
  const [, after = ''] = document.split(`\n| ${head} |`)
  const [table = ''] = after.trimEnd().split('\n\n')
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('docs/errors.md', () => {
  it('lists the catalogue: every code with its exit code, HTTP status and hint, and no other', () => {
    const written = rowsOf('code | exit code | HTTP | when | hint').map(
      ([code, exitCode, httpStatus, when, hint]) => {
        assert.ok(when !== undefined && when.length > 10, `${code}: when`)
        return { code, exitCode: Number(exitCode), httpStatus: Number(httpStatus), hint }
      },
    )
    const known = Object.entries(errorCatalogue).map(([code, { exitCode, httpStatus, hint }]) => ({
      code: `\`${code}\``,
      exitCode,
      httpStatus,
      hint,
    }))
    assert.deepEqual(written, known)
  })

  it('lists the exit codes, and no other', () => {
    const written = rowsOf('exit code | name | meaning').map(([code, name]) => [name, Number(code)])
    assert.deepEqual(
      written,
      Object.entries(exitCodes).map(([name, code]) => [`\`${name}\``, code]),
    )
  })
})

describe('an error', () => {
  it('takes exit code, HTTP status and hint from its code, unless it brings a better hint', () => {
    const error = new AppError('PORT_IN_USE', 'port 80 is taken')
    assert.deepEqual(
      [error.exitCode, error.httpStatus, error.hint],
      [1, 409, 'Choose another port, or 0 for any free one.'],
    )
    assert.equal(new AppError('PORT_IN_USE', 'x', { hint: 'Use 81.' }).hint, 'Use 81.')
  })

  it('every code has an exit code of the table', () => {
    const known: readonly number[] = Object.values(exitCodes)
    for (const [code, kind] of Object.entries(errorCatalogue)) assert.ok(known.includes(kind.exitCode), code)
  })

  it('whatever was thrown becomes one, with the cause kept', () => {
    const own = new AppError('USAGE', 'wrong')
    assert.equal(toAppError(own), own)
    const cause = new TypeError('x is undefined')
    const wrapped = toAppError(cause)
    assert.deepEqual([wrapped.code, wrapped.message, wrapped.cause], ['INTERNAL', 'x is undefined', cause])
    assert.equal(toAppError('text').message, 'text')
  })

  it('is told in one line, several failed attempts joined', () => {
    const attempts = new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')], '')
    assert.equal(messageOf(attempts), 'refused ::1; refused 127.0.0.1')
    assert.equal(messageOf(42), '42')
  })
})

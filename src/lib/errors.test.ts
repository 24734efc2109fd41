import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it, test } from 'node:test'
import { AppError, type ErrorKind, errorCatalogue, exitCodes, messageOf, toAppError } from './errors.ts'

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

test('every code has an exit code of the table, a status of an error and a hint that is a sentence', () => {
  const known = new Set<number>(Object.values(exitCodes))
  for (const [code, kind] of Object.entries<ErrorKind>(errorCatalogue)) {
    assert.ok(known.has(kind.exitCode) && kind.exitCode !== exitCodes.passed, code)
    assert.ok(kind.httpStatus >= 400 && kind.httpStatus < 600, code)
    assert.match(kind.hint, /^[A-Z].*\.$/, code)
  }
})

test('an error brings its own hint or that of the catalogue, and its cause', () => {
  const cause = new Error('why')
  const error = new AppError('USAGE', 'no', { cause, hint: 'do this' })
  assert.equal(error.hint, 'do this')
  assert.equal(error.cause, cause)
  assert.equal(error.exitCode, exitCodes.wrongUsage)
  assert.equal(error.httpStatus, 400)
  const plain = new AppError('USAGE', 'no')
  assert.equal(plain.hint, errorCatalogue.USAGE.hint)
  assert.equal('cause' in plain, false)
})

test('any thrown value has a text and becomes an AppError, whatever it is', () => {
  const nameless = Object.create(null) as object
  const evil = {
    toString() {
      throw new Error('gotcha')
    },
  }
  const several = new AggregateError([new Error('one'), 'two'], '')
  const table: [unknown, string | RegExp][] = [
    [new Error('text'), 'text'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [42, '42'],
    [Symbol('s'), 'Symbol(s)'],
    [several, 'one; two'],
    [new AggregateError([], 'its own'), 'its own'],
    [nameless, 'something that has no text was thrown'],
    [evil, 'something that has no text was thrown'],
  ]
  for (const [thrown, text] of table) {
    assert.equal(messageOf(thrown), text)
    const error = toAppError(thrown)
    assert.equal(error.code, 'INTERNAL')
    assert.equal(error.message, text)
    assert.equal(error.cause, thrown)
  }
  const own = new AppError('USAGE', 'no')
  assert.equal(toAppError(own), own)
})

import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../lib/errors.ts'
import { type JsonPath, parseJsonPath, readJsonPath } from '../../scenario/json-path.ts'
import type { Check } from '../../scenario/scenario.ts'
import type { Answer } from './answer.ts'

/** A check, compiled. */
export interface AnswerCheck {
  readonly name: string
  readonly needsHead: boolean
  readonly needsBody: boolean
  passes(answer: Answer): boolean
}

/** `request`: its name, for messages. Throws an AppError where pattern or path is none. */
export const compileCheck = (check: Check, request: string): AnswerCheck => ({
  name: check.name,
  needsHead: check.kind === 'header',
  needsBody: check.kind === 'bodyContains' || check.kind === 'bodyMatches' || check.kind === 'json',
  passes: compileTest(check, request),
})

const compileTest = (check: Check, request: string): ((answer: Answer) => boolean) => {
  switch (check.kind) {
    case 'status': {
      const isGood = goodStatuses(check.statuses)
      return (answer) => isGood[answer.status] === 1
    }
    case 'statusBelow':
      return (answer) => answer.status < check.below
    case 'header':
      return compileHeaderTest(check, request)
    case 'bodyContains':
      return (answer) => answer.text()?.includes(check.text) === true
    case 'bodyMatches': {
      const pattern = compilePattern(check.pattern, request)
      return (answer) => {
        const text = answer.text()
        return text !== undefined && pattern.test(text)
      }
    }
    case 'json': {
      const path = compilePath(check.path, request)
      return (answer) => isDeepStrictEqual(readJsonPath(path, answer.json()), check.equals)
    }
    case 'size': {
      const { minBytes = 0, maxBytes = Number.POSITIVE_INFINITY } = check
      return (answer) => answer.bodyBytes >= minBytes && answer.bodyBytes <= maxBytes
    }
    case 'time':
      return (answer) => answer.responseMs < check.belowMs
  }
}

/** By status, 1 for the good ones; `2xx` is its whole class. */
const goodStatuses = (statuses: readonly string[]): Uint8Array => {
  const isGood = new Uint8Array(1000)
  for (const status of statuses) {
    if (status.endsWith('xx')) isGood.fill(1, Number(status[0]) * 100, Number(status[0]) * 100 + 100)
    else isGood[Number(status)] = 1
  }
  return isGood
}

/** One value of the field is enough; a field that is not there passes nothing. */
const compileHeaderTest = (
  check: Extract<Check, { kind: 'header' }>,
  request: string,
): ((answer: Answer) => boolean) => {
  const name = check.header.toLowerCase()
  const { equals } = check
  const pattern = check.matches === undefined ? undefined : compilePattern(check.matches, request)
  return (answer) =>
    answer
      .headers(name)
      .some((value) => (equals === undefined || value === equals) && pattern?.test(value) !== false)
}

/** Without the flags `g` and `y`, so it has no memory. */
export const compilePattern = (pattern: string, request: string): RegExp => {
  try {
    return new RegExp(pattern)
  } catch (error) {
    throw new AppError('SCENARIO_INVALID', `Request ${request}: /${pattern}/ is no regular expression.`, {
      cause: error,
    })
  }
}

export const compilePath = (text: string, request: string): JsonPath => {
  const parsed = parseJsonPath(text)
  if (!parsed.ok)
    throw new AppError('SCENARIO_INVALID', `Request ${request}: ${parsed.message}.`, {
      hint: `Expected ${parsed.expected}.`,
    })
  return parsed.path
}

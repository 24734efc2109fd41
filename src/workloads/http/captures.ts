import { readJsonPath } from '../../scenario/json-path.ts'
import type { Capture } from '../../scenario/scenario.ts'
import type { Answer } from './answer.ts'
import { compilePath, compilePattern } from './checks.ts'

/** A capture, compiled. */
export interface AnswerCapture {
  readonly variable: string
  /** Under which it is counted among the checks: a value that is not there is a wrong answer. */
  readonly checkName: string
  readonly needsHead: boolean
  readonly needsBody: boolean
  /** Undefined: the answer does not have it. */
  find(answer: Answer): string | undefined
}

/** `request`: its name, for messages. Throws an AppError where pattern or path is none. */
export const compileCapture = (capture: Capture, request: string): AnswerCapture => ({
  variable: capture.variable,
  checkName: `capture ${capture.variable}`,
  needsHead: capture.kind === 'header',
  needsBody: capture.kind !== 'header',
  find: compileSearch(capture, request),
})

const compileSearch = (capture: Capture, request: string): ((answer: Answer) => string | undefined) => {
  switch (capture.kind) {
    case 'json': {
      const path = compilePath(capture.path, request)
      return (answer) => jsonAsText(readJsonPath(path, answer.json()))
    }
    case 'header': {
      const name = capture.header.toLowerCase()
      return (answer) => answer.headers(name)[0]
    }
    case 'regex': {
      const pattern = compilePattern(capture.pattern, request)
      return (answer) => {
        const match = pattern.exec(answer.text() ?? '')
        return match === null ? undefined : match.length > 1 ? match[1] : match[0]
      }
    }
  }
}

/** Texts as they are, all else as JSON writes it. `null` is the absence of a value. */
const jsonAsText = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

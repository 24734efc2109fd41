import { AppError, type ErrorCode, errorCatalogue } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { drawId } from '../lib/random-id.ts'
import { StoreUnavailable } from '../results/store/store-unavailable.ts'
import { type ScenarioFault, ScenarioInvalid } from '../scenario/scenario-faults.ts'

/** What went wrong, as RFC 9457 has it: the body of every answer from 400 on, as `application/problem+json`. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  /** Of the catalogue; see docs/errors.md. */
  code: string
  hint: string
  /** Of SCENARIO_INVALID: at most 50 of `faultCount`. */
  faults?: ScenarioFault[]
  faultCount?: number
}

export const problemType = 'application/problem+json'

const titleOf = (code: ErrorCode): string => {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const problemOf = (error: AppError): Problem => ({
  type: `urn:groundswell:error:${error.code}`,
  title: titleOf(error.code),
  status: error.httpStatus,
  detail: error.message,
  code: error.code,
  hint: error.hint,
  ...(error instanceof ScenarioInvalid ? { faults: [...error.faults], faultCount: error.total } : {}),
})

/** Errors whose messages tell of this machine, its files and its databases: those who may know read the log. */
const withheld = new Map<ErrorCode, string>([
  ['STORE_UNAVAILABLE', 'The results store does not answer.'],
  ['STORE_LOCKED', 'The results store is in use.'],
  ['STORE_NEWER', 'The results store was written by a newer version.'],
  ['OUTPUT_NOT_WRITABLE', 'Something could not be written.'],
])

/** Codes that fastify and Node give to requests that are wrong, and ours for them. */
const codesOfServer: Record<string, { code: ErrorCode; message: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'BODY_TOO_LARGE',
    message: 'The body is larger than this route takes.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'MEDIA_TYPE_UNSUPPORTED',
    message: 'This route takes no body of that type.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'REQUEST_INVALID',
    message: 'The body is not as long as the header Content-Length says.',
  },
  ECONNRESET: { code: 'REQUEST_INVALID', message: 'The connection ended in the middle of the request.' },
  FST_ERR_BAD_URL: { code: 'REQUEST_INVALID', message: 'The path is no URL: it holds a broken % escape.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'NOT_FOUND', message: 'A part of the path is too long.' },
  FST_ERR_ASYNC_CONSTRAINT: { code: 'REQUEST_INVALID', message: 'The request cannot be understood.' },
}

/** Any thrown value as what its client may know. What is ours alone goes to the log, under an id that the client is told. */
export const publicErrorOf = (thrown: unknown, logger: Logger): AppError => {
  if (thrown instanceof AppError && thrown.code !== 'INTERNAL') {
    const message = withheld.get(thrown.code)
    if (message === undefined) return thrown
    logger.warn('a request met an error', { code: thrown.code, error: thrown.message })
    const reason = thrown instanceof StoreUnavailable ? thrown.publicReason : undefined
    return new AppError(
      thrown.code,
      reason === undefined ? message : `The results store cannot be used: ${reason}.`,
    )
  }
  const serverCode = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const known = codesOfServer[serverCode]
  if (known !== undefined) return new AppError(known.code, known.message)
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500
  if (serverCode.startsWith('FST_') && status >= 400 && status < 500)
    return new AppError('REQUEST_INVALID', 'The request cannot be understood.')
  const id = drawId('e')
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown
  logger.error('a request met a fault of ours', {
    id,
    error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  })
  return new AppError(
    'INTERNAL',
    `Something went wrong here; the log of the orchestrator says more under ${id}.`,
  )
}

/** For answers that are written without the server's help: of what is no HTTP at all. */
export const rawProblem = (error: AppError): string => {
  const body = JSON.stringify(problemOf(error))
  return [
    `HTTP/1.1 ${error.httpStatus} ${titleOf(error.code)}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorCatalogue, text)

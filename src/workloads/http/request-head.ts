import { AppError } from '../../lib/errors.ts'
import { isFramingHeader, isToken } from '../../scenario/http-text.ts'
import type { Auth, RequestSpec } from '../../scenario/scenario.ts'
import { escapeUrlLiteral, isFieldValue } from './escapes.ts'
import { RequestSlot } from './request-slot.ts'
import {
  compileSegments,
  literalText,
  type Piece,
  segmentsOf,
  type TemplateScope,
  writePieces,
} from './text-template.ts'

export interface HeadOptions {
  /** As in a Host field. */
  host: string
  /** The target's path, which the request's is joined to; empty where the request has an absolute URL. */
  basePath: string
  /** The request's path with its query, as the scenario writes it: a template. */
  path: string
  /** For every request of the job; the request's own headers come first. */
  headers: Readonly<Record<string, string>>
  auth: Auth | undefined
  /** Of the body, if there is one. */
  contentType: string | undefined
  userAgent: string
  /** False: the connection is closed after the answer. */
  reuse: boolean
  /** Cookies of the journey are sent, unless the request has a Cookie field of its own. */
  cookies: boolean
}

/**
 * The request line and the fields but Content-Length, each with its CR LF. A field that the scenario gives replaces ours of
 * the same name in any case, so none is there twice.
 */
export const compileHead = (spec: RequestSpec, options: HeadOptions, scope: TemplateScope): Piece[] => {
  const given = givenHeaders(spec, options.headers)
  const pieces = [
    literalText(`${spec.method} `),
    ...pathPieces(options.basePath, options.path, scope),
    literalText(' HTTP/1.1\r\n'),
  ]
  const ours: [name: string, value: Piece[] | undefined][] = [
    ['Host', [literalText(options.host)]],
    ['User-Agent', [literalText(options.userAgent)]],
    ['Accept', [literalText('*/*')]],
    ['Authorization', options.auth === undefined ? undefined : authPieces(options.auth, scope)],
    ['Content-Type', options.contentType === undefined ? undefined : [literalText(options.contentType)]],
    ['Connection', options.reuse ? undefined : [literalText('close')]],
  ]
  for (const [name, value] of ours)
    if (value !== undefined && !given.has(name.toLowerCase()))
      pieces.push(literalText(`${name}: `), ...value, literalText('\r\n'))
  for (const [name, value] of given.values())
    pieces.push(literalText(`${name}: `), ...fieldPieces(name, value, scope), literalText('\r\n'))
  if (options.cookies && !given.has('cookie')) pieces.push(cookiesPiece(spec.method))
  return pieces
}

/** By lower-case name; the request's win over the job's. */
const givenHeaders = (
  spec: RequestSpec,
  shared: Readonly<Record<string, string>>,
): Map<string, [name: string, value: string]> => {
  const given = new Map<string, [string, string]>()
  for (const [name, value] of [...Object.entries(shared), ...Object.entries(spec.headers)]) {
    if (!isToken(name) || isFramingHeader(name))
      throw new AppError('SCENARIO_INVALID', `Request ${spec.name}: the header "${name}" cannot be set.`)
    given.set(name.toLowerCase(), [name, value])
  }
  return given
}

const fieldPieces = (name: string, value: string, scope: TemplateScope): Piece[] => {
  const segments = segmentsOf(value, scope)
  for (const segment of segments)
    if (segment.kind === 'literal' && !isFieldValue(segment.text))
      throw new AppError(
        'SCENARIO_INVALID',
        `Request ${scope.request}: the value of "${name}" holds a control character.`,
      )
  return compileSegments(segments, 'header', scope)
}

/** Values are written as what they stand in: the path, or behind the first `?` of the literal text the query. */
const pathPieces = (basePath: string, path: string, scope: TemplateScope): Piece[] => {
  const pieces = [literalText(escapeUrlLiteral(basePath))]
  let place: 'path' | 'query' = 'path'
  for (const segment of segmentsOf(path, scope)) {
    pieces.push(...compileSegments([segment], place, scope, escapeUrlLiteral))
    if (segment.kind === 'literal' && segment.text.includes('?')) place = 'query'
  }
  return pieces
}

/** RFC 7617 and RFC 6750. */
const authPieces = (auth: Auth, scope: TemplateScope): Piece[] => {
  if (auth.kind === 'bearer')
    return [literalText('Bearer '), ...fieldPieces('Authorization', auth.token, scope)]
  const credentials = [
    ...compileSegments(segmentsOf(auth.user, scope), 'text', scope),
    literalText(':'),
    ...compileSegments(segmentsOf(auth.password, scope), 'text', scope),
  ]
  return [literalText('Basic '), base64Piece(credentials)]
}

const base64Piece = (pieces: readonly Piece[]): Piece => {
  if (pieces.every(({ literal }) => literal !== undefined)) {
    const bytes = Buffer.concat(pieces.flatMap(({ literal }) => literal ?? []))
    return literalText(bytes.toString('base64'))
  }
  const scratch = new RequestSlot()
  return {
    width: undefined,
    literal: undefined,
    write: (slot, context) => {
      if (!writePieces(pieces, scratch, context)) return false
      slot.utf8(scratch.bytes.toString('base64', 0, scratch.at))
      return true
    },
  }
}

const SPACE = 0x20

/** The whole field, or nothing. The path was written just before, behind the method. */
const cookiesPiece = (method: string): Piece => {
  const pathAt = method.length + 1
  return {
    width: undefined,
    literal: undefined,
    write: (slot, context) => {
      const cookies = context.cookiesFor(
        slot.bytes.toString('latin1', pathAt, slot.bytes.indexOf(SPACE, pathAt)),
      )
      if (cookies !== '') slot.utf8(`Cookie: ${cookies}\r\n`)
      return true
    },
  }
}

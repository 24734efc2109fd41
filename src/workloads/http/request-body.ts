import { AppError } from '../../lib/errors.ts'
import type { Body } from '../../scenario/scenario.ts'
import { escapes } from './escapes.ts'
import {
  compileNumber,
  compileSegments,
  literalPiece,
  literalText,
  type Piece,
  segmentsOf,
  type TemplateScope,
} from './text-template.ts'

export interface CompiledBody {
  pieces: Piece[]
  /** What the body is, unless the request's own headers say otherwise. */
  contentType: string
}

/**
 * A body as pieces:
 *
 *   text   as it stands, values unchanged: whoever builds JSON or XML as text must know what the values hold
 *   json   strings may hold templates (keys not), values escaped. A string that is nothing but one expression of a number
 *          (seq, driver, random, randomInt, time, timeMs) becomes that number; every other string stays a string
 *   form   field values may hold templates, values escaped
 *   file   the bytes of the asset
 */
export const compileBody = (
  body: Body,
  scope: TemplateScope,
  assets: ReadonlyMap<string, Uint8Array>,
): CompiledBody => {
  switch (body.kind) {
    case 'text':
      return {
        pieces: compileSegments(segmentsOf(body.text, scope), 'text', scope),
        contentType: 'text/plain; charset=utf-8',
      }
    case 'json':
      return { pieces: jsonPieces(body.json, scope), contentType: 'application/json' }
    case 'form':
      return { pieces: formPieces(body.fields, scope), contentType: 'application/x-www-form-urlencoded' }
    case 'file': {
      const bytes = assets.get(body.asset.sha256)
      if (bytes === undefined)
        throw new AppError(
          'INTERNAL',
          `The file ${body.asset.file} of request ${scope.request} did not reach this driver.`,
        )
      return { pieces: [literalPiece(bytes)], contentType: 'application/octet-stream' }
    }
  }
}

const jsonPieces = (value: unknown, scope: TemplateScope): Piece[] => {
  if (typeof value === 'string') return jsonStringPieces(value, scope)
  if (Array.isArray(value)) {
    const items = value.flatMap((item, i) => [
      ...(i === 0 ? [] : [literalText(',')]),
      ...jsonPieces(item, scope),
    ])
    return [literalText('['), ...items, literalText(']')]
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).flatMap(([key, member], i) => [
      literalText(`${i === 0 ? '' : ','}${JSON.stringify(key)}:`),
      ...jsonPieces(member, scope),
    ])
    return [literalText('{'), ...members, literalText('}')]
  }
  return [literalText(JSON.stringify(value) ?? 'null')]
}

const jsonStringPieces = (text: string, scope: TemplateScope): Piece[] => {
  const segments = segmentsOf(text, scope)
  const number = compileNumber(segments, scope)
  if (number !== undefined) return [number]
  const inside = compileSegments(segments, 'json', scope, (literal) => escapes.json(literal) ?? '')
  return [literalText('"'), ...inside, literalText('"')]
}

const formPieces = (fields: Readonly<Record<string, string>>, scope: TemplateScope): Piece[] =>
  Object.entries(fields).flatMap(([name, value], i) => [
    literalText(`${i === 0 ? '' : '&'}${escapes.form(name) ?? ''}=`),
    ...compileSegments(segmentsOf(value, scope), 'form', scope, (literal) => escapes.form(literal) ?? ''),
  ])

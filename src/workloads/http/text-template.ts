import { AppError } from '../../lib/errors.ts'
import { streamOf } from '../../lib/random.ts'
import { isTemplateBuiltin, parseTemplate, type TemplateSegment } from '../../scenario/template.ts'
import { escapes, type ValuePlace } from './escapes.ts'
import type { FeederRows } from './feeder.ts'
import type { RequestSlot } from './request-slot.ts'
import { type BuiltinValue, createBuiltinValue, type ValueSources } from './template-value.ts'

/** What the values of one request depend on. One object serves all requests in turn, for rendering is synchronous. */
export interface RenderContext {
  /** Of the operation, over all drivers. */
  index: number
  /** The operation's row of each feeder, by the feeder's number. */
  rows: Int32Array
  /** What the journey has captured so far. */
  variables: ReadonlyMap<string, string> | undefined
  /** The Cookie field's value for a path; empty: none. Only asked of requests in journeys. */
  cookiesFor: (path: string) => string
}

/** A part of a request. */
export interface Piece {
  /** Bytes it always takes; undefined: it varies. */
  readonly width: number | undefined
  /** The same bytes every time. */
  readonly literal: Uint8Array | undefined
  /** False: the value cannot stand here, the request must not be sent. */
  write(slot: RequestSlot, context: RenderContext): boolean
}

export interface NumberedFeeder {
  number: number
  rows: FeederRows
}

/** What the templates of one request may refer to. */
export interface TemplateScope {
  /** The request's name, for messages. */
  request: string
  sources: ValueSources
  feeders: ReadonlyMap<string, NumberedFeeder>
  /** What the journey's earlier steps capture. */
  variables: ReadonlySet<string>
  /** Feeders that were referred to are added here. */
  usedFeeders: Set<string>
  /** Another name on each call: an expression's draws are told from all others' by it. */
  nextStreamName(): string
}

export const literalPiece = (bytes: Uint8Array): Piece => ({
  width: bytes.length,
  literal: bytes,
  write: (slot) => {
    slot.literal(bytes)
    return true
  },
})

export const literalText = (text: string): Piece => literalPiece(Buffer.from(text))

const builtinPiece = (value: BuiltinValue): Piece => ({
  width: value.width,
  literal: undefined,
  write: (slot, context) => {
    value.write(slot, context.index)
    return true
  },
})

const textPiece = (place: ValuePlace, read: (context: RenderContext) => string | undefined): Piece => {
  const escapeValue = escapes[place]
  return {
    width: undefined,
    literal: undefined,
    write: (slot, context) => {
      const text = read(context)
      const escaped = text === undefined ? undefined : escapeValue(text)
      if (escaped === undefined) return false
      slot.utf8(escaped)
      return true
    },
  }
}

const invalid = (scope: TemplateScope, message: string, hint: string): AppError =>
  new AppError('SCENARIO_INVALID', `Request ${scope.request}: ${message}.`, { hint })

/** The segments of a template text; an AppError where it is none. */
export const segmentsOf = (text: string, scope: TemplateScope): TemplateSegment[] => {
  const parsed = parseTemplate(text)
  if (!parsed.ok) throw invalid(scope, parsed.message, `Expected ${parsed.expected}.`)
  return parsed.segments
}

/** Undefined for what is no builtin: feeder columns and captured variables. */
const builtinOf = (
  segment: Extract<TemplateSegment, { kind: 'expression' }>,
  scope: TemplateScope,
): BuiltinValue | undefined =>
  isTemplateBuiltin(segment.name)
    ? createBuiltinValue(segment.name, segment.args, streamOf(scope.nextStreamName()), scope.sources)
    : undefined

const externalPiece = (name: string, place: ValuePlace, scope: TemplateScope): Piece => {
  if (scope.variables.has(name)) return textPiece(place, (context) => context.variables?.get(name))
  const dot = name.indexOf('.')
  const feederName = dot === -1 ? name : name.slice(0, dot)
  const feeder = scope.feeders.get(feederName)
  const column = dot === -1 ? undefined : feeder?.rows.columnNumber(name.slice(dot + 1))
  if (feeder === undefined || column === undefined)
    throw invalid(
      scope,
      `{{${name}}} is neither a builtin, a column of a feeder, nor captured by an earlier step`,
      'Write {{feeder.column}}, or capture the variable in a step before this one.',
    )
  scope.usedFeeders.add(feederName)
  const { number, rows } = feeder
  return textPiece(place, (context) => rows.cell(context.rows[number] ?? 0, column))
}

/** Compiles segments for one place; `literal` says how the text between the expressions is written there. */
export const compileSegments = (
  segments: readonly TemplateSegment[],
  place: ValuePlace,
  scope: TemplateScope,
  literal: (text: string) => string = (text) => text,
): Piece[] =>
  segments.map((segment) => {
    if (segment.kind === 'literal') return literalText(literal(segment.text))
    const builtin = builtinOf(segment, scope)
    return builtin === undefined ? externalPiece(segment.name, place, scope) : builtinPiece(builtin)
  })

/** A template that is one expression and nothing else, whose value is a number in JSON; undefined for any other. */
export const compileNumber = (
  segments: readonly TemplateSegment[],
  scope: TemplateScope,
): Piece | undefined => {
  const [segment] = segments
  if (segments.length !== 1 || segment?.kind !== 'expression' || !isTemplateBuiltin(segment.name))
    return undefined
  const builtin = builtinOf(segment, scope)
  return builtin?.isNumber ? builtinPiece(builtin) : undefined
}

/** Whether all of it was written; the slot then holds it from its start. */
export const writePieces = (pieces: readonly Piece[], slot: RequestSlot, context: RenderContext): boolean => {
  slot.at = 0
  for (const piece of pieces) if (!piece.write(slot, context)) return false
  return true
}

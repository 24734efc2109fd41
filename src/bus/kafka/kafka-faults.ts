import { protocolErrors, protocolErrorsCodesById, ResponseError } from '@platformatic/kafka'
import { AppError, messageOf } from '../../lib/errors.ts'

/**
 * What went wrong, and what to do about it: the client library and Node throw trees of errors with causes, the broker
 * answers with numbered errors. Here all of them become one of
 *
 *   transient   try again: the broker is away, busy, or no longer leads the partition
 *   denied      user, password, certificate or rights: trying again does not help
 *   mismatch    the other side speaks TLS and we do not, the reverse, or it is no Kafka
 *   refused     the broker understood and will not
 */
export type FaultKind = 'transient' | 'denied' | 'mismatch' | 'refused'

/** A broker's error, by its name in Kafka's protocol. */
export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal'
  readonly id: string

  constructor(id: string, detail: string) {
    super(detail === '' ? sentenceOf(id) : `${detail} (${id})`)
    this.id = id
  }
}

const sentenceOf = (id: string): string => `${protocolErrors[id]?.message ?? 'unknown error'} (${id})`

/** The name of a broker's error number; undefined for 0, no error. */
export const refusalId = (errorCode: number): string | undefined =>
  errorCode === 0 ? undefined : (protocolErrorsCodesById[errorCode] ?? `ERROR_${errorCode}`)

/** Throws where an answer's error number says so. */
export const throwIfRefused = (errorCode: number, detail = ''): void => {
  const id = refusalId(errorCode)
  if (id !== undefined) throw new BrokerRefusal(id, detail)
}

/**
 * The broker's answer, errors in it or not: the library throws an answer as soon as one part of it failed, but the other
 * parts succeeded. Throws when there was no answer.
 */
export const answerOf = async <R>(answer: Promise<R>): Promise<R> => {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ResponseError && error.response) return error.response as R
    throw error
  }
}

/** The error and all that it came from. */
function* chainOf(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 8) return
  yield error
  if (error instanceof AggregateError) for (const part of error.errors) yield* chainOf(part, depth + 1)
  yield* chainOf(error.cause, depth + 1)
}

/** The names under which an error goes: Node's code, the library's code, the broker's name for it. */
const namesOf = (error: Error): string[] => {
  const { code, apiId, id } = error as { code?: unknown; apiId?: unknown; id?: unknown }
  return [code, apiId, id].filter((name) => typeof name === 'string')
}

const deniedNames =
  /^(SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM|ILLEGAL_SASL_STATE|[A-Z_]+_AUTHORIZATION_FAILED|SECURITY_DISABLED|CERT_[A-Z_]+|UNABLE_TO_[A-Z_]+|(DEPTH_ZERO_)?SELF_SIGNED_CERT[A-Z_]*|ERR_TLS_CERT_[A-Z_]+|ERR_SSL_[A-Z0-9_/]*(ALERT|CERTIFICATE)[A-Z0-9_]*|ERR_OSSL_[A-Z0-9_]+)$/
const mismatchNames =
  /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_[A-Z0-9_]*UNKNOWN_PROTOCOL)$/
const networkNames =
  /^(ECONN[A-Z]+|E(PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN)|ENOTFOUND|PLT_KFK_NETWORK|PLT_KFK_TIMEOUT)$/

export const faultKindOf = (error: unknown): FaultKind => {
  if (error instanceof AppError) return error.code === 'BUS_ACCESS_DENIED' ? 'denied' : 'refused'
  const chain = [...chainOf(error)]
  const names = chain.flatMap(namesOf)
  if (names.some((name) => mismatchNames.test(name))) return 'mismatch'
  if (chain.some(({ message }) => message === 'Broker requires TLS.')) return 'mismatch'
  if (chain.some((part) => part instanceof ForeignServer)) return 'mismatch'
  if (names.some((name) => deniedNames.test(name))) return 'denied'
  // The library calls it an authentication error when the connection merely broke meanwhile.
  if (names.includes('PLT_KFK_AUTHENTICATION') && !chain.some(isBareNetworkFault)) return 'denied'
  const refusals = names.filter((name) => protocolErrors[name] !== undefined)
  if (refusals.length > 0) return refusals.every(isTransient) ? 'transient' : 'refused'
  return 'transient'
}

const isBareNetworkFault = (error: Error): boolean =>
  error.cause === undefined && namesOf(error).some((name) => networkNames.test(name))

/** Beyond what Kafka calls retriable: a topic that is being deleted and made anew has another id for a while. */
const isTransient = (id: string): boolean =>
  protocolErrors[id]?.canRetry === true || id === 'UNKNOWN_TOPIC_ID' || id === 'INCONSISTENT_TOPIC_ID'

/** Something answered that is not Kafka. */
export class ForeignServer extends Error {
  override readonly name = 'ForeignServer'
}

const words: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'connection refused'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'the host name is not known'],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, 'no route to the host'],
  [/^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/, 'the port does not speak TLS'],
  [/^UNSUPPORTED_SASL_MECHANISM$/, 'the broker does not offer this SASL mechanism'],
  [/^ILLEGAL_SASL_STATE$/, 'the port does not ask for a user and password, or asks for them first'],
  [/^SASL_AUTHENTICATION_FAILED$/, 'the broker refused user and password'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "the broker's certificate is for another host"],
  [/^CERT_HAS_EXPIRED$/, "the broker's certificate has expired"],
  [
    /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/,
    "the broker's certificate is not signed by an authority that is trusted here",
  ],
  [/^ERR_SSL_.*ALERT.*CERTIFICATE/, 'the broker refused our certificate, or asks for one'],
  [/^ERR_SSL_.*ALERT/, 'the broker refused the TLS handshake'],
]

/** The cause in words, for a person. */
export const describeFault = (error: unknown): string => {
  const chain = [...chainOf(error)]
  const foreign = chain.find((part) => part instanceof ForeignServer)
  if (foreign !== undefined) return foreign.message
  for (const [pattern, text] of words)
    if (chain.flatMap(namesOf).some((name) => pattern.test(name))) return text
  const texts = chain.map(messageOf)
  if (texts.includes('Broker requires TLS.')) return 'the port speaks TLS: switch TLS on'
  if (texts.some((text) => text.includes('TLS handshake failed')))
    return 'the connection ended during the TLS handshake: does the port speak TLS?'
  if (texts.some((text) => text.includes('timed out'))) return 'no answer'
  if (
    texts.some((text) => text.startsWith('Connection closed')) ||
    chain.flatMap(namesOf).includes('ECONNRESET')
  )
    return 'the connection was closed without an answer: is it Kafka, does it ask for TLS, or for a user and password?'
  return messageOf(chain.at(-1) ?? error)
}

/**
 * Why a response could not be read: one constant object per cause, so that failing allocates nothing and equal causes
 * count as one. `protocol`: the bytes are not a response that we accept; `reset`: they ended too early.
 */
export interface ResponseFailure {
  readonly kind: 'protocol' | 'reset'
  /** For people; never holds bytes of the response. */
  readonly text: string
}

const protocol = (text: string): ResponseFailure => Object.freeze({ kind: 'protocol', text })
const reset = (text: string): ResponseFailure => Object.freeze({ kind: 'reset', text })

export const responseFailures = {
  notHttp: protocol('answer is not HTTP'),
  tls: protocol('answer is TLS, not HTTP: is this an https port?'),
  ssh: protocol('answer is SSH, not HTTP'),
  http2: protocol('answer is HTTP/2, which was not asked for'),
  version: protocol('HTTP version is neither 1.0 nor 1.1'),
  statusLine: protocol('status line is malformed'),
  switchingProtocols: protocol('status 101 was not asked for'),
  headTooLarge: protocol('response head is too large'),
  bareLineEnd: protocol('a line does not end in CR LF'),
  fieldName: protocol('header name is malformed'),
  fieldFolded: protocol('header line is folded'),
  fieldValue: protocol('header value holds a control character'),
  lengthNotNumber: protocol('Content-Length is not a number'),
  lengthTooLarge: protocol('Content-Length is too large'),
  lengthsDiffer: protocol('Content-Length is given twice and differs'),
  lengthAndCoding: protocol('both Content-Length and Transfer-Encoding are given'),
  coding: protocol('Transfer-Encoding is not understood'),
  codingIn10: protocol('Transfer-Encoding is given in HTTP/1.0'),
  chunkSize: protocol('chunk size is not a number'),
  chunkTooLarge: protocol('chunk size is too large'),
  chunkLine: protocol('chunk size line is malformed'),
  chunkLineTooLong: protocol('chunk size line is too long'),
  chunkEnd: protocol('chunk does not end where its size says'),
  chunkOverhead: protocol('chunks hold too little data for their overhead'),
  trailersTooLarge: protocol('trailers are too large'),
  closedBeforeAnswer: reset('connection closed before an answer'),
  closedInHead: reset('connection closed in the response head'),
  closedInBody: reset('connection closed in the response body'),
} as const

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthenticationError, NetworkError, TimeoutError, UserError } from '@platformatic/kafka'
import { AppError } from '../../lib/errors.ts'
import { BrokerRefusal, describeFault, type FaultKind, ForeignServer, faultKindOf } from './kafka-faults.ts'

const nodeError = (code: string, message = code): Error => Object.assign(new Error(message), { code })
const failedConnection = (cause: Error): Error => new NetworkError('Connection to a:1 failed.', { cause })

const cases: [string, Error, FaultKind, RegExp][] = [
  ['nobody listens', failedConnection(nodeError('ECONNREFUSED')), 'transient', /^connection refused$/],
  ['unknown host', failedConnection(nodeError('ENOTFOUND')), 'transient', /host name is not known/],
  ['no answer', new TimeoutError('Request timed out'), 'transient', /^no answer$/],
  ['hung up', new NetworkError('Connection closed'), 'transient', /is it Kafka/],
  [
    'wrong password',
    failedConnection(new AuthenticationError('SASL authentication failed.')),
    'denied',
    /SASL/,
  ],
  [
    'gone while logging in',
    failedConnection(
      new AuthenticationError('Cannot find a suitable SASL mechanism.', {
        cause: new NetworkError('Connection closed'),
      }),
    ),
    'transient',
    /closed without an answer/,
  ],
  ['expired certificate', failedConnection(nodeError('CERT_HAS_EXPIRED')), 'denied', /has expired/],
  [
    'certificate asked for',
    failedConnection(nodeError('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE')),
    'denied',
    /our certificate/,
  ],
  ['TLS expected', new UserError('Broker requires TLS.'), 'mismatch', /switch TLS on/],
  [
    'TLS not spoken',
    failedConnection(nodeError('ERR_SSL_WRONG_VERSION_NUMBER')),
    'mismatch',
    /not speak TLS/,
  ],
  [
    'a web server',
    new Error('x', { cause: new ForeignServer('an HTTP server') }),
    'mismatch',
    /an HTTP server/,
  ],
  ['another leader', new BrokerRefusal('NOT_LEADER_OR_FOLLOWER', ''), 'transient', /NOT_LEADER_OR_FOLLOWER/],
  ['topic made anew', new BrokerRefusal('UNKNOWN_TOPIC_ID', ''), 'transient', /UNKNOWN_TOPIC_ID/],
  ['no right', new BrokerRefusal('TOPIC_AUTHORIZATION_FAILED', ''), 'denied', /TOPIC_AUTHORIZATION_FAILED/],
  ['will not', new BrokerRefusal('INVALID_TOPIC_EXCEPTION', 'a b'), 'refused', /a b \(INVALID_TOPIC/],
  ['denied by us', new AppError('BUS_ACCESS_DENIED', 'no'), 'denied', /no/],
  ['something else of ours', new AppError('BUS_CLOSED', 'closed'), 'refused', /closed/],
]
for (const [name, error, kind, words] of cases)
  test(`a fault is known and said in words: ${name}`, () => {
    assert.equal(faultKindOf(error), kind)
    assert.match(describeFault(error), words)
  })

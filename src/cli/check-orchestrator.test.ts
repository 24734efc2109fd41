import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { checkOrchestrator } from './check-orchestrator.ts'

const serving = async (answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> => {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

describe('whether an orchestrator is there', () => {
  it('is what /healthz says', () =>
    serving(
      (request, response) => {
        response.statusCode = request.url === '/healthz' ? 200 : 404
        response.end('{}')
      },
      (url) => checkOrchestrator(systemClock, url),
    ))

  it('another server is none', () =>
    serving(
      (_request, response) => {
        response.statusCode = 404
        response.end()
      },
      (url) =>
        assert.rejects(checkOrchestrator(systemClock, url), {
          code: 'ORCHESTRATOR_UNREACHABLE',
          message: /it answered 404 to GET \/healthz/,
        }),
    ))

  it('nor is one that says nothing', () => {
    const clock = new FakeClock()
    return serving(
      () => void clock.advance(5000),
      (url) =>
        assert.rejects(checkOrchestrator(clock, url), {
          code: 'ORCHESTRATOR_UNREACHABLE',
          message: /it said nothing for 3 s/,
        }),
    )
  })

  it('nor is a port at which nobody listens', async () => {
    let closed = ''
    await serving(
      () => {},
      async (url) => {
        closed = url
      },
    )
    await assert.rejects(checkOrchestrator(systemClock, closed), {
      code: 'ORCHESTRATOR_UNREACHABLE',
      message: /ECONNREFUSED/,
    })
  })
})

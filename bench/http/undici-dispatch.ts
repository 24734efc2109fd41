import { Pool } from 'undici'

/**
 * undici's fastest way, and no more measured than counted: so many requests in flight for so long.
 * `node undici-dispatch.ts URL CONNECTIONS SECONDS` prints how many were answered with 200.
 */
const [url = '', connections = '', seconds = ''] = process.argv.slice(2)
const { origin, pathname } = new URL(url)
const pool = new Pool(origin, { connections: Number(connections), pipelining: 1 })
const endMs = performance.now() + Number(seconds) * 1000

let answered = 0
let inFlight = 0

const send = (): void => {
  inFlight++
  pool.dispatch(
    { path: pathname, method: 'GET' },
    {
      onRequestStart: () => {},
      onResponseStart: (_controller, status) => {
        if (status !== 200) throw new Error(`status ${status}`)
      },
      onResponseData: () => {},
      onResponseEnd: () => {
        answered++
        ended()
      },
      onResponseError: (_controller, error) => {
        throw error
      },
    },
  )
}

const ended = (): void => {
  inFlight--
  if (performance.now() < endMs) send()
  else if (inFlight === 0) {
    console.log(answered)
    pool.destroy().catch(() => {})
  }
}

for (let i = 0; i < Number(connections); i++) send()

// Run by k6, not by Node: the work that groundswell does. Bodies are thrown away, the status is checked.
import { check } from 'k6'
import http from 'k6/http'

const rate = Number(__ENV.RATE)
const connections = Number(__ENV.CONNECTIONS)
const duration = `${__ENV.SECONDS}s`

export const options = {
  discardResponseBodies: true,
  scenarios: {
    load:
      rate === 0
        ? { executor: 'constant-vus', vus: connections, duration, gracefulStop: '2s' }
        : {
            executor: 'constant-arrival-rate',
            rate,
            timeUnit: '1s',
            duration,
            preAllocatedVUs: connections,
            maxVUs: connections,
            gracefulStop: '2s',
          },
  },
}

export default function request() {
  check(http.get(__ENV.TARGET), { 'status < 400': ({ status }) => status < 400 })
}

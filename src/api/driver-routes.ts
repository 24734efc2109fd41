import { isoTime } from '../lib/clock.ts'
import { isAlive, isForeign } from '../orchestrator/members.ts'
import { lostAfterMs } from '../orchestrator/run-state.ts'
import type { DriverList } from './answer-schemas.ts'
import type { ApiServices } from './api-services.ts'
import { defineRoute, type Route } from './route.ts'

/** Who could carry a run: the drivers, as the orchestrator sees them. */
export const driverRoutes = ({ options: { orchestrator, clock } }: ApiServices): Route[] => [
  defineRoute({
    method: 'GET',
    path: '/api/drivers',
    summary: 'The drivers that the orchestrator knows, the longest known first.',
    tag: 'drivers',
    answers: { 200: { description: 'All of them.', content: { 'application/json': 'DriverList' } } },
    errors: [],
    handle: async () => {
      const nowMs = clock.wallMs()
      const drivers: DriverList['drivers'] = [...orchestrator.members.values()].map((member) => ({
        id: member.id,
        address: member.address,
        version: member.version,
        state: member.state ?? 'registered',
        isAlive: isAlive(member, nowMs, lostAfterMs),
        run: member.state === 'idle' ? null : member.testId,
        isForeign: isForeign(member),
        isDisputed: member.isDisputed,
        pid: member.pid,
        cores: member.cores,
        lastHeardAt: Number.isFinite(member.lastHeardMs) ? isoTime(member.lastHeardMs) : null,
        clock: member.clock,
      }))
      return { status: 200, json: { drivers } satisfies DriverList }
    },
  }),
]

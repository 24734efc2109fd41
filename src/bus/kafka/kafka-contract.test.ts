import { randomBytes } from 'node:crypto'
import { describe } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { requireKafka, skipWithout } from '../../testing/components.ts'
import { describeBusContract } from '../../testing/contracts/bus-contract.ts'
import type { Bus } from '../bus.ts'
import { connectKafkaBus } from './kafka-bus.ts'

describe('over the shared broker', { skip: skipWithout('kafka') }, () => {
  describeBusContract('kafka', async () => {
    const buses: Bus[] = []
    const topicPrefix = `contract-${randomBytes(6).toString('hex')}.`
    return {
      connect: async () => {
        const { brokers } = requireKafka()
        const bus = await connectKafkaBus(
          { brokers, topicPrefix },
          { clock: systemClock, logger: silentLogger },
        )
        buses.push(bus)
        return bus
      },
      close: async () => {
        await Promise.all(buses.map((bus) => bus.close()))
      },
    }
  })
})

import { InProcessBroker } from '../bus/in-process.ts'
import { MessageChannel } from '../bus/message-channel.ts'
import type { Topic } from '../bus/topics.ts'
import { FakeClock } from './fake-clock.ts'

/** What a channel counted and logged of these texts. */
export const hearTexts = async (topic: Topic, texts: readonly string[]) => {
  const logged: string[] = []
  const note = (message: string, facts?: Record<string, unknown>): void => {
    logged.push(`${message} ${JSON.stringify(facts)}`)
  }
  const logger = { debug: note, info: note, warn: note, error: note }
  const clock = new FakeClock()
  const bus = new InProcessBroker({ clock, logger }).connect()
  const channel = new MessageChannel(bus, logger)
  const heard: unknown[] = []
  await channel.subscribe(topic, { from: 'latest' }, (message) => {
    heard.push(message)
  })
  for (const text of texts) await bus.publish(topic, 'key', Buffer.from(text))
  await clock.advance(0)
  await bus.close()
  return { heard, logged, rejected: Object.fromEntries(channel.rejected) }
}

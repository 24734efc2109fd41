import type { ConnectionOptions } from 'node:tls'
import { z } from 'zod'
import { AppError } from '../../lib/errors.ts'

/** Where Kafka is and how to be let in. */
const kafkaOptionsSchema = z.strictObject({
  /** `host`, `host:port` or `[ipv6]:port`; the port is 9092 where it is left out. One is enough, several survive more. */
  brokers: z
    .array(z.string().refine((text) => parseBrokerAddress(text) !== undefined, 'HOST:PORT'))
    .min(1, 'at least one HOST:PORT'),
  /** What the broker's logs and quotas call us. */
  clientId: z.string().regex(/^\S+$/, 'a name without spaces').default('groundswell'),
  /** Before the name of every topic and group, so that several installations share one Kafka. */
  topicPrefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,200}$/, 'letters, digits, ".", "_" and "-", at most 200')
    .default(''),
  /** Present: TLS. The texts are PEM, not paths. */
  tls: z
    .strictObject({
      ca: z.string().optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
      /** Takes any certificate. */
      insecure: z.boolean().default(false),
    })
    .optional(),
  sasl: z
    .strictObject({
      mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
      username: z.string().min(1),
      password: z.string(),
    })
    .optional(),
  /** How long a start waits for a broker that is not there. */
  startWaitMs: z.number().positive().default(30_000),
  /** So long what comes is gathered before the next is asked for: less work for who hears many, and that much delay. */
  gatherMs: z.number().nonnegative().max(1_000).default(0),
  /** After this a message that the broker did not acknowledge is given up. */
  publishTimeoutMs: z.number().positive().default(5_000),
})

export type KafkaOptions = z.input<typeof kafkaOptionsSchema>
export type CheckedKafkaOptions = z.output<typeof kafkaOptionsSchema>

/** USAGE names each option that is wrong; values, which may be secret, are not shown. */
export const checkKafkaOptions = (options: KafkaOptions): CheckedKafkaOptions => {
  const checked = kafkaOptionsSchema.safeParse(options)
  if (checked.success) return checked.data
  const faults = checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('USAGE', `The Kafka options are wrong: ${faults.join('; ')}.`)
}

/** For Node's `tls.connect`. */
export const tlsOptionsOf = ({
  ca,
  cert,
  key,
  insecure,
}: NonNullable<CheckedKafkaOptions['tls']>): ConnectionOptions => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
  rejectUnauthorized: !insecure,
})

export interface BrokerAddress {
  host: string
  port: number
}

/** Undefined where the text is no address. */
export const parseBrokerAddress = (text: string): BrokerAddress | undefined => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3] ?? 9092)
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

export const addressText = ({ host, port }: BrokerAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

import { type KafkaOptions, parseBrokerAddress } from '../bus/kafka/kafka-options.ts'
import { AppError } from '../lib/errors.ts'
import { saslMechanisms } from './command-options.ts'
import type { ProgramContext } from './program-context.ts'
import { readGivenFile, readSecret } from './read-secret.ts'
import { parsePositiveDuration } from './role-flags.ts'
import type { UsageFaults } from './usage-faults.ts'

/** The Kafka options of `orchestrator`, `driver` and `run` as commander gives them. */
export interface KafkaFlags {
  kafka?: string
  kafkaTls?: boolean
  kafkaCa?: string
  kafkaCert?: string
  kafkaKey?: string
  kafkaSasl?: string
  kafkaUser?: string
  kafkaPasswordFile?: string
  kafkaWait?: string
  topicPrefix?: string
}

/** What the environment says where an option does not. The password comes from GROUNDSWELL_KAFKA_PASSWORD. */
const variables = {
  kafka: 'GROUNDSWELL_KAFKA',
  kafkaTls: 'GROUNDSWELL_KAFKA_TLS',
  kafkaCa: 'GROUNDSWELL_KAFKA_CA',
  kafkaCert: 'GROUNDSWELL_KAFKA_CERT',
  kafkaKey: 'GROUNDSWELL_KAFKA_KEY',
  kafkaSasl: 'GROUNDSWELL_KAFKA_SASL',
  kafkaUser: 'GROUNDSWELL_KAFKA_USER',
  kafkaPasswordFile: 'GROUNDSWELL_KAFKA_PASSWORD_FILE',
  kafkaWait: 'GROUNDSWELL_KAFKA_WAIT',
  topicPrefix: 'GROUNDSWELL_TOPIC_PREFIX',
} as const satisfies Record<keyof KafkaFlags, string>

export interface ParsedKafkaFlags {
  options: KafkaOptions
  /** What no log may hold. */
  secrets: string[]
  warnings: string[]
}

/** Worth something only where `faults` got none. */
export const parseKafkaFlags = async (
  context: Pick<ProgramContext, 'cwd' | 'env'>,
  flags: KafkaFlags,
  faults: UsageFaults,
): Promise<ParsedKafkaFlags> => {
  const given = withEnvironment(context.env, flags)
  const brokers = parseBrokers(given.kafka, faults)
  const tls = await parseTls(context, given, faults)
  const sasl = await parseSasl(context, given, faults)
  const { topicPrefix, kafkaWait } = given
  const startWaitMs =
    kafkaWait === undefined
      ? undefined
      : await faults.collect(() => parsePositiveDuration('--kafka-wait', kafkaWait))
  if (topicPrefix !== undefined && !/^[\w.-]{1,200}$/.test(topicPrefix))
    faults.add('--topic-prefix takes up to 200 letters, digits, dots, hyphens and underscores')
  return {
    options: {
      brokers,
      ...(topicPrefix === undefined ? {} : { topicPrefix }),
      ...(startWaitMs === undefined ? {} : { startWaitMs }),
      ...(tls === undefined ? {} : { tls }),
      ...(sasl === undefined ? {} : { sasl }),
    },
    secrets: sasl === undefined ? [] : [sasl.password],
    warnings:
      sasl?.mechanism === 'PLAIN' && tls === undefined
        ? ['the Kafka password crosses the network as it is: --kafka-sasl plain without --kafka-tls']
        : [],
  }
}

/** The first option that is only of use with `--kafka`, where that is not given. */
export const kafkaFlagWithoutBroker = (flags: KafkaFlags): string | undefined => {
  const key = Object.keys(variables).find((name) => flags[name as keyof KafkaFlags] !== undefined)
  return flags.kafka === undefined && key !== undefined
    ? `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    : undefined
}

/** Whether a broker is named, by an option or by the environment. */
export const isBrokerGiven = ({ env }: Pick<ProgramContext, 'env'>, flags: KafkaFlags): boolean =>
  (flags.kafka ?? (env[variables.kafka] || undefined)) !== undefined

type Given = { [K in keyof KafkaFlags]?: Exclude<KafkaFlags[K], undefined> | undefined }

const withEnvironment = (env: ProgramContext['env'], flags: KafkaFlags): Given => {
  const text = (key: Exclude<keyof KafkaFlags, 'kafkaTls'>): string | undefined =>
    flags[key] ?? (env[variables[key]] || undefined)
  return {
    kafka: text('kafka'),
    kafkaTls: flags.kafkaTls ?? /^(1|true|yes)$/i.test(env[variables.kafkaTls] ?? ''),
    kafkaCa: text('kafkaCa'),
    kafkaCert: text('kafkaCert'),
    kafkaKey: text('kafkaKey'),
    kafkaSasl: text('kafkaSasl'),
    kafkaUser: text('kafkaUser'),
    kafkaPasswordFile: text('kafkaPasswordFile'),
    kafkaWait: text('kafkaWait'),
    topicPrefix: text('topicPrefix'),
  }
}

const parseBrokers = (text: string | undefined, faults: UsageFaults): string[] => {
  if (text === undefined) {
    faults.add('--kafka HOST:PORT is missing, and so is the variable GROUNDSWELL_KAFKA')
    return []
  }
  const brokers = text.split(',').map((part) => part.trim())
  for (const given of brokers) {
    if (parseBrokerAddress(given) !== undefined && !given.includes('@')) continue
    faults.add(
      // Not shown: before the @ may stand a password.
      given.includes('@')
        ? '--kafka takes no user and password: use --kafka-sasl, --kafka-user and --kafka-password-file'
        : `--kafka takes HOST:PORT, or several with commas; "${given}" is none`,
    )
  }
  return brokers
}

const parseTls = async (
  context: Pick<ProgramContext, 'cwd'>,
  { kafkaTls, kafkaCa, kafkaCert, kafkaKey }: Given,
  faults: UsageFaults,
): Promise<KafkaOptions['tls']> => {
  if ((kafkaCert === undefined) !== (kafkaKey === undefined))
    faults.add('--kafka-cert and --kafka-key go together')
  const [ca, cert, key] = [
    await readPem(context, '--kafka-ca', kafkaCa, faults),
    await readPem(context, '--kafka-cert', kafkaCert, faults),
    await readPem(context, '--kafka-key', kafkaKey, faults),
  ]
  if (!kafkaTls && kafkaCa === undefined && kafkaCert === undefined && kafkaKey === undefined)
    return undefined
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

const readPem = async (
  context: Pick<ProgramContext, 'cwd'>,
  option: string,
  file: string | undefined,
  faults: UsageFaults,
): Promise<string | undefined> => {
  if (file === undefined) return undefined
  const text = (await faults.collect(() => readGivenFile(context, option, file)))?.toString('latin1')
  if (text?.includes('-----BEGIN ') === false) faults.add(`${option} ${file}: no PEM file`)
  return text
}

const mechanismNames = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const

const parseSasl = async (
  context: Pick<ProgramContext, 'cwd' | 'env'>,
  { kafkaSasl, kafkaUser, kafkaPasswordFile }: Given,
  faults: UsageFaults,
): Promise<KafkaOptions['sasl']> => {
  if (kafkaSasl === undefined) {
    if (kafkaUser !== undefined || kafkaPasswordFile !== undefined)
      faults.add('--kafka-user and --kafka-password-file go with --kafka-sasl')
    return undefined
  }
  const mechanism = saslMechanisms.find((known) => known === kafkaSasl.toLowerCase())
  if (mechanism === undefined) faults.add(`--kafka-sasl is one of ${saslMechanisms.join(', ')}`)
  if (kafkaUser === undefined) faults.add('--kafka-sasl needs --kafka-user')
  const password = await faults.collect(async () => {
    const secret = await readSecret(context, {
      option: '--kafka-password-file',
      file: kafkaPasswordFile,
      variable: 'GROUNDSWELL_KAFKA_PASSWORD',
    })
    if (secret !== undefined) return secret
    throw new AppError(
      'USAGE',
      '--kafka-sasl needs a password: --kafka-password-file, or the variable GROUNDSWELL_KAFKA_PASSWORD',
    )
  })
  if (mechanism === undefined || kafkaUser === undefined || password === undefined) return undefined
  return { mechanism: mechanismNames[mechanism], username: kafkaUser, password }
}

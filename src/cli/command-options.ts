import { type Command, Help, Option } from 'commander'

/** How options are declared in `program.ts` and `program-roles.ts`. */

const collect = (value: string, before: string[] = []): string[] => [...before, value]

/** Its values are collected, in order. No default here: the help would show it. */
export const repeated = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(collect)

/** How to reach the broker; the same on every command that does. `kafka-flags.ts` reads them. */
export const addKafkaOptions = (command: Command): Command => {
  for (const [flags, description, choices] of kafkaDetails) {
    const option = new Option(flags, description).helpGroup(kafkaGroup)
    command.addOption(choices === undefined ? option : option.choices(choices))
  }
  return command
}

export const kafkaGroup = 'Kafka:'

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

const kafkaDetails: readonly (readonly [flags: string, description: string, choices?: readonly string[]])[] =
  [
    ['--kafka-tls', 'over TLS; so do the next three'],
    ['--kafka-ca <FILE>', 'certificates to trust, PEM'],
    ['--kafka-cert <FILE>', 'certificate of this client, PEM'],
    ['--kafka-key <FILE>', 'its key, PEM'],
    ['--kafka-sasl <MECHANISM>', 'how the user is proven', saslMechanisms],
    ['--kafka-user <NAME>', 'user, with --kafka-sasl'],
    ['--kafka-password-file <FILE>', 'else the variable GROUNDSWELL_KAFKA_PASSWORD'],
    ['--kafka-wait <TIME>', 'how long a start waits for the broker: 30s'],
    ['--topic-prefix <PREFIX>', 'before each topic, apart from others there'],
  ]

/** Leaves a group of options to completion and to the help of another command. */
export const hideGroupInHelp = (command: Command, group: string): Command =>
  command.configureHelp({
    visibleOptions: (of) =>
      new Help().visibleOptions(of).filter((option) => option.helpGroupHeading !== group),
  })

import { type Command, Option } from 'commander'
import { addKafkaOptions, repeated } from './command-options.ts'
import type { Outcome } from './program.ts'
import type { ProgramContext } from './program-context.ts'

/** The roles that live long: `orchestrator` and `driver`. */
export const addRoles = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  addOrchestrator(program, context, outcome)
  addDriver(program, context, outcome)
}

const addOrchestrator = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  const command = program
    .command('orchestrator')
    .description('Own runs: dashboard, REST API, queue, record.')
    .option('--kafka <HOST:PORT>', 'broker for drivers elsewhere; else drivers here')
    .option('--listen <HOST:PORT>', 'where page and API are', '127.0.0.1:8001')
    .option('--store <LOCATION>', 'SQLite file, or postgres:// URL without password')
    .option('--token-file <FILE>', 'what clients must show; else GROUNDSWELL_TOKEN')
    .option('--insecure', 'serve the API beyond loopback without a token')
    .option('--target <URL>', 'what the routes of the brief load')
    .option('--max-queued <N>', 'runs that may wait')
    .option('--max-drivers <N>', 'without --kafka: drivers at once, else 16')
    .addOption(repeated('--allow-target <ENTRY>', 'without --kafka: as of `driver`'))
    .addOption(unit('--peer-latency-unit <UNIT>', 'of drivers of others', ['ms', 's']))
  addLogOptions(command)
  addKafkaOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  groundswell orchestrator
  groundswell orchestrator --kafka localhost:9092
  groundswell orchestrator --kafka k1:9092,k2:9092 --listen 0.0.0.0:8001 \\
    --token-file token.txt --store postgres://groundswell@db/groundswell`,
    )
    .action(async (options) => {
      const { orchestratorCommand } = await import('./orchestrator-command.ts')
      outcome.exitCode = await orchestratorCommand(context, { allowTarget: [], ...options })
    })
}

const addDriver = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  const command = program
    .command('driver')
    .description('Make load on this machine, for runs that come over Kafka.')
    .option('--kafka <HOST:PORT>', 'broker; several with commas')
    .option('--orchestrator <URL>', 'only looked at: a warning if it is not there')
    .addOption(repeated('--allow-target <ENTRY>', 'may be loaded; else loopback and private ranges'))
    .option('--target <URL>', 'what it loads where a run names no target')
    .addOption(unit('--peer-delay-unit <UNIT>', 'of orchestrators of others', ['s', 'ms']))
    .option('--silence-limit <TIME>', 'stops a share when nobody is heard: 2m')
  addLogOptions(command)
  addKafkaOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  groundswell driver --kafka localhost:9092
  groundswell driver --kafka k1:9093 --orchestrator http://10.0.0.5:8001 \\
    --allow-target shop.example.com --kafka-ca ca.pem --kafka-sasl plain \\
    --kafka-user load --kafka-password-file password.txt`,
    )
    .action(async (options) => {
      const { driverCommand } = await import('./driver-command.ts')
      outcome.exitCode = await driverCommand(context, { allowTarget: [], ...options })
    })
}

const addLogOptions = (command: Command): Command =>
  command
    .addOption(new Option('--log-format <FORMAT>', 'else text on a terminal').choices(['text', 'json']))
    .addOption(new Option('--log-level <LEVEL>', 'else info').choices(['debug', 'info', 'warn', 'error']))

const unit = (flags: string, description: string, units: readonly string[]): Option =>
  new Option(flags, description).choices(units).default(units[0])

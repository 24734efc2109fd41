import { Command, CommanderError, Option } from 'commander'
import { exitCodes, toAppError } from '../lib/errors.ts'
import { version } from '../lib/version.ts'
import { addKafkaOptions, hideGroupInHelp, kafkaGroup, repeated } from './command-options.ts'
import { separateDashboard } from './dashboard-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { addHelp } from './program-help.ts'
import { addResults } from './program-results.ts'
import { addRoles } from './program-roles.ts'
import { reportError } from './report-error.ts'

/**
 * The command line: what commands and options there are. What a command does is in its own file, loaded when it is
 * called. Resolves with the exit code.
 */
export const runProgram = async (context: ProgramContext): Promise<number> => {
  const outcome: Outcome = { exitCode: exitCodes.passed }
  const program = buildProgram(context, outcome)
  try {
    await program.parseAsync(separateDashboard(context.args), { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.passed : exitCodes.wrongUsage
    const appError = toAppError(error)
    reportError(context, appError)
    return appError.exitCode
  }
}

export interface Outcome {
  exitCode: number
}

/** Exported for completion and for the tests of the help texts. */
export const buildProgram = (context: ProgramContext, outcome: Outcome): Command => {
  const program = new Command('groundswell')
    .description('Finds out what a system takes, and what its users see meanwhile.')
    .version(version, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: (.*)/, 'groundswell: $1 (USAGE)')),
    })
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
Examples:
  groundswell run http://localhost:8080/ --rate 500/s --duration 10s
  groundswell init && groundswell run scenario.yaml
  groundswell run scenario.yaml --out results --set load.rate=1000/s

Exit codes: 0 passed, 1 could not run, 2 wrong usage or scenario, 97 degraded
(no verdict is safe), 99 an SLO was crossed, 130 and 143 interrupted.`,
    )
  addRun(program, context, outcome)
  addRoles(program, context, outcome)
  addResults(program, context, outcome)
  addValidate(program, context, outcome)
  addInit(program, context, outcome)
  addTarget(program, context, outcome)
  addCompletion(program, context)
  addHelp(program, context)
  return program
}

const addRun = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  const command = program
    .command('run')
    .description('Run a scenario, or load one URL without a file.')
    .argument('<FILE|URL>', 'scenario (yaml, json, ts, js), or URL to load')
    .addOption(repeated('--set <PATH=VALUE>', 'change the scenario: load.rate=1000/s'))
    .option('--drivers <N>', 'driver processes; else as the scenario says')
    .option('--seed <N>', 'decides everything random')
    .option('--out <DIR>', 'write report.html, result.json and more there')
    .option('--store <LOCATION>', 'where it is kept for `results`; none: nowhere')
    .option('--json', 'only the result, as JSON on standard output')
    .option('--dashboard [HOST:PORT]', 'page to watch and steer it; --stay: also after it')
    .option('-q, --quiet', 'no progress and no summary, only errors')
    .option('--no-color', 'no colours; so does the variable NO_COLOR')
    .addOption(repeated('--allow-target <ENTRY>', 'host or range that redirects may lead to'))
    .option('--kafka <HOST:PORT>', 'with drivers that are up; options as of `driver`')
    .option('--orchestrator <URL>', 'by one that is up; --token-file as there')
    .addOption(group('--rate <RATE>', 'requests a second over all drivers: 500/s, 30k/min'))
    .addOption(group('--rate-per-driver <RATE>', 'the same, for each driver'))
    .addOption(group('--avalanche <N>', 'N in flight on each driver, as fast as answers come'))
    .addOption(group('--tsunami <GAP>', 'this gap between requests on each driver: 250ms'))
    .addOption(group('--duration <TIME>', 'how long: 10s, 5m'))
    .addOption(group('--requests <N>', 'how many in total'))
    .addOption(group('--requests-per-driver <N>', 'how many on each driver'))
    .addOption(group('--connections <N>', 'connections of each driver'))
    .addOption(group('--timeout <TIME>', 'to the end of a response'))
    .addOption(group('-X, --method <METHOD>', 'instead of GET'))
    .addOption(repeated('-H, --header <NAME:VALUE>', 'header of the request').helpGroup(withoutFile))
    .addOption(group('--body <TEXT>', 'request body'))
    .addOption(repeated('--slo <SLO>', 'what must hold: "p99 < 250ms"').helpGroup(withoutFile))
  // No room for these here: the help of `driver` and of `orchestrator` shows them.
  command
    .addOption(new Option('--stay', 'the dashboard stays up after the run').helpGroup(kafkaGroup))
    .addOption(
      new Option('--token-file <FILE>', 'token for --orchestrator or --dashboard').helpGroup(kafkaGroup),
    )
    .addOption(new Option('--detach', 'print the id, do not follow: --orchestrator').helpGroup(kafkaGroup))
  addKafkaOptions(command)
  hideGroupInHelp(command, kafkaGroup)
    .addHelpText(
      'after',
      `
Examples:
  groundswell run scenarios/first.yaml --dashboard
  groundswell run scenario.yaml --set load.rate=1000/s --out results
  groundswell run scenario.yaml --orchestrator http://10.0.0.5:8001
  groundswell run http://host:8080/ --rate 50/s --duration 10s --slo 'p99 < 1s'

--set, --allow-target, --header and --slo may be repeated.
Keys while it runs: space pause and resume, + and - faster and slower, q stop.`,
    )
    .action(async (source: string, options) => {
      const { runCommand } = await import('./run-command.ts')
      outcome.exitCode = await runCommand(context, source, { ...noneRepeated, ...options })
    })
}

const withoutFile = 'Without a file, for a URL:'

const group = (flags: string, description: string): Option =>
  new Option(flags, description).helpGroup(withoutFile)

const noneRepeated = { set: [], allowTarget: [], header: [], slo: [] }

const addValidate = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  program
    .command('validate')
    .description('Check scenarios without running them; shows all faults at once.')
    .argument('<FILE...>', 'scenarios')
    .addOption(repeated('--set <PATH=VALUE>', 'change the scenario first; may be repeated'))
    .option('--json', 'print the faults as JSON on standard output')
    .addHelpText('after', '\nExample:\n  groundswell validate scenarios/*.yaml')
    .action(async (files: string[], options) => {
      const { validateCommand } = await import('./validate-command.ts')
      outcome.exitCode = await validateCommand(context, files, { set: [], ...options })
    })
}

const addInit = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  program
    .command('init')
    .description('Write a first scenario, with a comment on every line.')
    .argument('[FILE]', 'where to', 'scenario.yaml')
    .option('--target <URL>', 'what it loads; asked for on a terminal', undefined)
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      '\nExamples:\n  groundswell init\n  groundswell init shop.yaml --target http://localhost:8080',
    )
    .action(async (file: string, options) => {
      const { initCommand } = await import('./init-command.ts')
      outcome.exitCode = await initCommand(context, file, options)
    })
}

const addTarget = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  program
    .command('target')
    .description('Serve something to load: /, /ping, /metric, /metrics, /echo.')
    .option('--port <N>', 'port; 0: any free one', '8080')
    .option('--host <ADDRESS>', 'address to listen on', '127.0.0.1')
    .option('--delay <DELAY>', 'before each answer: 20ms, 10ms..50ms, "exp 20ms", "normal 20ms 5ms"')
    .option('--errors <SHARE>', 'share of answers that are errors, and their status: 1%, "1% 503"')
    .option('--stall <STALL>', 'answers nothing for a while: "1s every 10s"')
    .option('--body-size <SIZE>', 'size of the answer of /: 10kB')
    .option('--drops <SHARE>', 'share of connections reset where an answer was due: 0.5%')
    .option('--cuts <SHARE>', 'share of answers cut off in their middle: 0.5%')
    .option('--seed <N>', 'decides everything random', '1')
    .addHelpText(
      'after',
      `
Examples:
  groundswell target
  groundswell target --port 9000 --delay 'exp 20ms' --errors 1%
  groundswell target --stall '1s every 10s'`,
    )
    .action(async (options) => {
      const { targetCommand } = await import('./target-command.ts')
      outcome.exitCode = await targetCommand(context, options)
    })
}

const addCompletion = (program: Command, context: ProgramContext): void => {
  program
    .command('completion')
    .description('Print a shell completion script.')
    .argument('<SHELL>', 'bash, zsh or fish')
    .addHelpText('after', '\nExample:\n  groundswell completion bash > /etc/bash_completion.d/groundswell')
    .action(async (shell: string) => {
      const { completionCommand } = await import('./completion-command.ts')
      completionCommand(context, program, shell)
    })
}

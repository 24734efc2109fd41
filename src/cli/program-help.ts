import { Argument, type Command } from 'commander'
import { helpNames } from './help-topics.ts'
import type { ProgramContext } from './program-context.ts'

/** `help`, which knows topics beside commands. To be added when all other commands are there. */
export const addHelp = (program: Command, context: ProgramContext): void => {
  const argument = new Argument('[TOPIC...]', 'a command, or one of the topics that are listed without one')
  // For completion; what is no such word is told with the nearest that is.
  argument.argChoices = helpNames(program)
  program
    .command('help')
    .description('Show the help of a command, or a page of the documents.')
    .addArgument(argument)
    .addHelpText(
      'after',
      '\nExamples:\n  groundswell help\n  groundswell help run\n  groundswell help troubleshooting | less',
    )
    .action(async (names: string[]) => {
      const { helpCommand } = await import('./help-command.ts')
      await helpCommand(context, program, names)
    })
}

import type { Command } from 'commander'
import { repeated } from './command-options.ts'
import type { Outcome } from './program.ts'
import type { ProgramContext } from './program-context.ts'

/** `results` and what can be done with the runs that were kept. */
export const addResults = (program: Command, context: ProgramContext, outcome: Outcome): void => {
  const results = program.command('results').description('List, show, export and delete runs that were kept.')
  const storeOption = ['--store <LOCATION>', 'SQLite file, or postgres:// URL without password'] as const
  results
    .command('list')
    .description('The runs that were kept, newest first.')
    .option('--limit <N>', 'at most so many, up to 1000', '20')
    .option('--name <NAME>', 'only runs of that name')
    .addOption(repeated('--label <KEY=VALUE>', 'only runs with that label; may be repeated'))
    .option('--json', 'as JSON on standard output')
    .option('--no-color', 'no colours; so does the variable NO_COLOR')
    .option(...storeOption)
    .addHelpText('after', '\nExample:\n  groundswell results list --name shop --label build=1.4.2')
    .action(async (options) => {
      const { resultsListCommand } = await import('./results-command.ts')
      outcome.exitCode = await resultsListCommand(context, { label: [], ...options })
    })
  results
    .command('show')
    .description('One run, as it was told at its end; one that goes on, as it is.')
    .argument('<ID>', 'id or its beginning; `latest`')
    .option('--json', 'the result as JSON on standard output')
    .option('--markdown', 'a summary for a pull request')
    .option('--no-color', 'no colours; so does the variable NO_COLOR')
    .option(...storeOption)
    .addHelpText('after', '\nExample:\n  groundswell results show latest')
    .action(async (id: string, options) => {
      const { resultsShowCommand } = await import('./results-command.ts')
      outcome.exitCode = await resultsShowCommand(context, id, options)
    })
  results
    .command('export')
    .description('Write report.html, summary.md, result.json, junit.xml and timeline.csv of a run.')
    .argument('<ID>', 'id or its beginning; `latest`')
    .option('--out <DIR>', 'where to')
    .option('--json', 'result and timeline as JSON on standard output instead')
    .option(...storeOption)
    .addHelpText('after', '\nExample:\n  groundswell results export latest --out results')
    .action(async (id: string, options) => {
      const { resultsExportCommand } = await import('./results-command.ts')
      outcome.exitCode = await resultsExportCommand(context, id, options)
    })
  results
    .command('delete')
    .description('Delete runs with everything that was kept of them.')
    .argument('<ID...>', 'ids or their beginnings; `latest`')
    .option('--yes', 'without asking')
    .option(...storeOption)
    .addHelpText('after', '\nExample:\n  groundswell results delete latest --yes')
    .action(async (ids: string[], options) => {
      const { resultsDeleteCommand } = await import('./results-delete-command.ts')
      outcome.exitCode = await resultsDeleteCommand(context, ids, options)
    })
}

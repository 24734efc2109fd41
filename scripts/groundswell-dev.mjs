// What `npm start`, `npm test` and their like call: installs on first use, then runs the program on any Node that will
// do, and everything else on the pinned one.
import { join } from 'node:path'
import { installIfNeeded, root, runOnPinnedNode, runProgram } from './pinned-node.mjs'

const [command, ...args] = process.argv.slice(2)
const main = join(root, 'src', 'main.ts')

/** Options alone are for the first scenario. */
const isFileGiven = (given) => given.length > 0 && !given[0].startsWith('-')

/** The page is there unless the run is somebody else's to show. */
const isDashboardPossible = (given) =>
  !given.some((arg) => /^--(?:dashboard|orchestrator)(?:=|$)/.test(arg) || arg === '--help' || arg === '-h')

installIfNeeded()

switch (command) {
  case 'start':
    // `npm start` runs the first scenario and shows it; `npm start -- FILE ...` another.
    await runProgram(main, [
      'run',
      ...(isFileGiven(args) ? args : [join('scenarios', 'first.yaml'), ...args]),
      ...(isDashboardPossible(args) ? ['--dashboard'] : []),
    ])
    break
  case 'test':
    runOnPinnedNode([
      '--test',
      '--test-concurrency=3',
      ...(args.length === 0 ? ['src/**/*.test.ts', 'bench/**/*.test.ts'] : args),
    ])
    break
  case 'exec':
    runOnPinnedNode(args)
    break
  default:
    process.stderr.write(`unknown command ${command}\n`)
    process.exit(2)
}

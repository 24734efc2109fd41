/** The only file that touches the process: arguments, environment, streams, signals and exit codes go through here. */

import type { ParentLink, ProgramContext } from './cli/program-context.ts'
import { systemClock } from './lib/clock.ts'
import { exitCodes, messageOf } from './lib/errors.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const parentLink = (): ParentLink | undefined => {
  if (process.send === undefined) return undefined
  return {
    // Without a callback an error of a channel that just closed would be thrown.
    send: (message) => process.send?.(message, undefined, undefined, () => {}),
    onMessage: (receive) => {
      process.on('message', receive)
    },
    onClose: (closed) => {
      process.once('disconnect', closed)
    },
  }
}

const context: ProgramContext = {
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  pid: process.pid,
  nodeVersion: process.version,
  // Opened only by who reads it.
  get stdin() {
    return process.stdin
  },
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  entry: import.meta.filename,
  execArgv: process.execArgv,
  onSignal: (callback) => {
    const listeners = signals.map((signal) => [signal, () => callback(signal)] as const)
    for (const [signal, listener] of listeners) process.on(signal, listener)
    return () => {
      for (const [signal, listener] of listeners) process.off(signal, listener)
    }
  },
  interrupt: () => {
    process.kill(process.pid, 'SIGINT')
  },
  onExit: (callback) => {
    process.on('exit', callback)
    return () => process.off('exit', callback)
  },
  exit: (code) => process.exit(code),
  parent: parentLink(),
  cpuUsageUs: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  residentBytes: () => process.memoryUsage.rss(),
  descriptorLimit: () => {
    // Naming every network interface would look up names.
    Object.assign(process.report, { excludeNetwork: true })
    const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
    const limit = Number(report.userLimits?.open_files?.soft)
    return Number.isFinite(limit) ? limit : undefined
  },
}

/** A reader that goes away early (`| head`) is no fault. Who writes hears of any other failure by itself. */
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.passed)
  })

process.on('uncaughtException', (error) => {
  process.stderr.write(`groundswell: internal error: ${messageOf(error)}\n${error.stack ?? ''}\n`)
  process.exit(exitCodes.couldNotRun)
})

// Forked parts do not load the command line.
const role = context.parent === undefined || !context.args.includes('--link') ? undefined : context.args[0]
if (role === 'driver') {
  const { runLinkedDriver } = await import('./cli/linked-driver.ts')
  await runLinkedDriver(context)
} else if (role === 'target') {
  const { runLinkedTarget } = await import('./cli/linked-target.ts')
  await runLinkedTarget(context)
} else {
  const { runProgram } = await import('./cli/program.ts')
  process.exitCode = await runProgram(context)
}

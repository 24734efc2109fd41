// `npm run components [-- start|stop|status]`: the real servers and programs of integration tests. See CONTRIBUTING.md, "Real servers".
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { kafka } from './components/kafka.mjs'
import { postgres } from './components/postgres.mjs'
import {
  awaitHealth,
  ComponentFailure,
  endProcess,
  endUnrecorded,
  keep,
  removeData,
  say,
} from './components/processes.mjs'
import { canInstallUnasked, findChromium, findPrometheus, installMissing } from './components/programs.mjs'
import {
  isAlive,
  processStartOf,
  readState,
  stateDirectory,
  stateFile,
  writeState,
} from './components/state.mjs'

/**
 * Each: `name` in state.json, `title`, `needs()` (programs: `{ what, find, debianPackage }`), `start()` (brings what is
 * to be downloaded; gives the record that state.json holds), `isHealthy(record)`, `stopSignal`.
 */
const components = [kafka, postgres]

/** What is only installed: tests start and end these programs themselves. */
const programs = [
  { what: 'Chromium', find: findChromium, debianPackage: 'chromium' },
  { what: 'Prometheus', find: findPrometheus, debianPackage: 'prometheus' },
]

const attempts = 3
const patienceWithRunningMs = 20_000

const isPortTaken = (error) => /address already in use|could not bind/i.test(error.message)

const describe = ({ url, pid }) => `${url.replace(/:[^:@/]+@/, ':***@')} (pid ${pid})`

const isRunning = async ({ isHealthy }, recorded) =>
  recorded !== undefined &&
  isAlive(recorded) &&
  (await awaitHealth(recorded, () => isHealthy(recorded), patienceWithRunningMs))

/** Ends what is left of a recorded component, and forgets it. */
const clear = async ({ name, stopSignal }) => {
  const { [name]: recorded, ...others } = readState()
  if (recorded === undefined) return
  await endProcess(recorded, stopSignal)
  removeData(recorded.dataDirectory)
  writeState(others)
}

/** A port may be taken between its choice and the server's start: then once more, with another. */
const startOne = async (component, attempt = 1) => {
  try {
    return await component.start()
  } catch (error) {
    if (attempt === attempts || !isPortTaken(error)) throw error
    return startOne(component, attempt + 1)
  }
}

const start = async () => {
  const missing = []
  for (const component of components) {
    const recorded = readState()[component.name]
    if (await isRunning(component, recorded)) say(`${component.title} runs at ${describe(recorded)}`)
    else missing.push(component)
    if (recorded !== undefined && missing.includes(component))
      say(`${component.title} ${isAlive(recorded) ? 'does not answer' : 'has ended'}: starting it anew`)
  }
  const needed = missing.flatMap(({ needs }) => needs())
  await installMissing(canInstallUnasked() ? [...needed, ...programs] : needed)
  for (const component of missing) {
    await clear(component)
    const recorded = await startOne(component)
    writeState({ ...readState(), [component.name]: recorded })
    keep(recorded)
    say(`${component.title} is ready at ${describe(recorded)}`)
  }
  // Last: who must bring these by hand has the servers at least.
  await installMissing(programs)
  for (const { what, find } of programs) say(`${what} is ${find()}`)
}

const stop = async () => {
  for (const component of components) {
    const recorded = readState()[component.name]
    await clear(component)
    say(`${component.title} ${recorded === undefined ? 'was not running' : 'is stopped'}`)
  }
}

const status = async () => {
  for (const component of components) {
    const recorded = readState()[component.name]
    if (await isRunning(component, recorded))
      say(`${component.title} runs at ${describe(recorded)}, log: ${recorded.logFile}`)
    else {
      say(`${component.title} does not run: npm run components`)
      process.exitCode = 1
    }
  }
  for (const { what, find } of programs) {
    const path = find()
    say(path === undefined ? `${what} is not installed: npm run components` : `${what} is ${path}`)
    if (path === undefined) process.exitCode = 1
  }
  say(`recorded in ${stateFile}`)
}

const lockFile = join(stateDirectory, 'lock')

/** One at a time. The lock says whose it is: that of a process that is gone is nobody's. */
const withLock = async (work) => {
  mkdirSync(stateDirectory, { recursive: true })
  const draft = `${lockFile}.${process.pid}`
  writeFileSync(draft, JSON.stringify({ pid: process.pid, processStart: processStartOf(process.pid) }))
  try {
    for (let isTold = false; !isLinked(draft, lockFile); await delay(200)) {
      const holder = readLock()
      if (holder !== undefined && !isAlive(holder)) rmSync(lockFile, { force: true })
      else if (!isTold) {
        say('waiting for another "npm run components" to finish ...')
        isTold = true
      }
    }
  } finally {
    rmSync(draft)
  }
  const unlock = () => rmSync(lockFile, { force: true })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])
    process.once(signal, () => {
      endUnrecorded()
      unlock()
      process.exit(code)
    })
  await work().finally(unlock)
}

/** A link appears whole, with what the lock says, or not at all. */
const isLinked = (from, to) => {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** Undefined where it is gone by now. */
const readLock = () => {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8'))
  } catch {
    return undefined
  }
}

const commands = { start: () => withLock(start), stop: () => withLock(stop), status }
const [command = 'start', ...rest] = process.argv.slice(2)

if (commands[command] === undefined || rest.length > 0) {
  process.stderr.write('usage: npm run components [-- start|stop|status]\n')
  process.exitCode = 2
} else {
  try {
    await commands[command]()
  } catch (error) {
    process.stderr.write(`components: ${error instanceof ComponentFailure ? error.message : error.stack}\n`)
    process.exitCode = 1
  }
}

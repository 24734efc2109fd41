// Starting, awaiting and ending processes. Nothing is ended but what was started here, by its recorded pid.
import { spawn } from 'node:child_process'
import { closeSync, createWriteStream, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, processStartOf } from './state.mjs'

export const say = (line) => process.stdout.write(`components: ${line}\n`)

/** A failure that its message explains: shown without a stack. */
export class ComponentFailure extends Error {}

/**
 * Free ports of loopback from below those that systems give out by themselves (from 32768 up on Linux): a server
 * that is down for a moment does not lose its port to somebody's outgoing connection.
 */
export const freePorts = async (count) => {
  const ports = new Set()
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** Why a program failed, as its log has it: the last lines that tell of errors, or where none does the last lines. */
export const faultsIn = (file, count = 15) => {
  try {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const faults = lines.filter((line) => /\b(ERROR|FATAL)\b|^(E:|Caused by:|[\w.]+Exception:)/.test(line))
    return (faults.length > 0 ? faults : lines).slice(-count).join('\n')
  } catch {
    return ''
  }
}

const progressEveryMs = 5_000

/**
 * Runs a program to its end, its output in a log file, and says every few seconds how far it is: its last line, or
 * what `progressOf(line)` makes of the lines so far. Throws a `ComponentFailure` where it fails.
 */
export const runLogged = async (what, program, args, { logFile, env, progressOf = (line) => line }) => {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = createWriteStream(logFile, { flags: 'a' })
  const began = Date.now()
  let progress = ''
  const ticker = setInterval(() => {
    say(`  ${what}: ${Math.round((Date.now() - began) / 1000)} s ${progress.slice(0, 90)}`)
  }, progressEveryMs)
  const code = await new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const take = (chunk) => {
      log.write(chunk)
      for (const line of chunk.toString().split(/[\r\n]+/)) if (line !== '') progress = progressOf(line)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => clearInterval(ticker))
  await new Promise((resolve) => log.end(resolve))
  if (code === 0) return
  throw new ComponentFailure(`${what} failed (exit code ${code}); log: ${logFile}\n${faultsIn(logFile)}`)
}

/** What nothing would find again if this process ended now: data directories, and the servers that write there. */
const unrecorded = new Map()

/** For a server's data, in `base`. `keep` what is made of it, or `removeData`. */
export const makeDataDirectory = (base, name) => {
  const directory = mkdtempSync(join(base, `groundswell-${name}-`))
  unrecorded.set(directory, undefined)
  return directory
}

/** Starts a server that outlives this process, its output in a log file of its own. Then `keep` it, or end it. */
export const startDetached = async (program, args, { logFile, dataDirectory, ...options }) => {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'w')
  try {
    const child = spawn(program, args, {
      ...options,
      cwd: dataDirectory,
      detached: true,
      stdio: ['ignore', log, log],
    })
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    unrecorded.set(dataDirectory, child)
    child.unref()
    return { pid: child.pid, processStart: processStartOf(child.pid) ?? '' }
  } finally {
    closeSync(log)
  }
}

/** This server is recorded: it stays when this process ends. */
export const keep = ({ dataDirectory }) => unrecorded.delete(dataDirectory)

/** When this process is told to end. */
export const endUnrecorded = () => {
  for (const [dataDirectory, child] of unrecorded) {
    child?.kill('SIGKILL')
    removeData(dataDirectory)
  }
}

/** Resolves true when `isHealthy` does, false where the process ends before. */
export const awaitHealth = async (server, isHealthy, timeoutMs = 120_000) => {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await delay(50)) {
    if (!isAlive(server)) return false
    if (await isHealthy()) return true
  }
  return false
}

/** Ends a recorded process, if it still is that process; resolves when it is gone. */
export const endProcess = async (server, signal) => {
  for (const [next, patienceMs] of [
    [signal, 15_000],
    ['SIGKILL', 15_000],
  ]) {
    if (!isAlive(server)) return
    try {
      process.kill(server.pid, next)
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline && isAlive(server); ) await delay(20)
  }
  if (isAlive(server)) throw new ComponentFailure(`process ${server.pid} does not end`)
}

/** Only what we named: the path may come from a file that anybody can edit. */
export const removeData = (directory) => {
  unrecorded.delete(directory)
  // A server that was killed a moment ago may still be writing.
  if (/[/\\]groundswell-[^/\\]+$/.test(directory))
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
}

// Where components live, and what is known of those that run. No dependencies, Node >= 18: tests import it too.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')

/** Downloads: costly to bring again, the same for every checkout. */
export const cacheDirectory = join(cacheHome, 'groundswell', 'components')

/** Records and logs of the servers that run. */
export const stateDirectory =
  process.env.GROUNDSWELL_COMPONENTS_STATE ||
  join(process.env.XDG_STATE_HOME || cacheHome, 'groundswell', 'components')

/** `{ [component]: { pid, processStart, port, url, dataDirectory, logFile, programs } }`; it holds a password. */
export const stateFile = join(stateDirectory, 'state.json')

export const logFileOf = (name) => join(stateDirectory, `${name}.log`)

/** What was recorded; nothing where there is no file, or one that says nothing. */
export const readState = () => {
  try {
    const state = JSON.parse(readFileSync(stateFile, 'utf8'))
    return typeof state === 'object' && state !== null ? state : {}
  } catch {
    return {}
  }
}

/** Whole or not at all: tests may be reading. */
export const writeState = (state) => {
  mkdirSync(dirname(stateFile), { recursive: true })
  const draft = `${stateFile}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(draft, stateFile)
}

/** When a process began, in its system's words; undefined where there is none, or only its remains. */
export const processStartOf = (pid) => {
  if (process.platform === 'linux') {
    try {
      // proc(5): the name, in brackets, may hold anything; after it come the state and, 19 fields on, the start.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
    } catch {
      return undefined
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout?.trim() || undefined
}

/** Whether a recorded process is still the one that was recorded. */
export const isAlive = ({ pid, processStart }) => {
  const start = processStartOf(pid)
  return start !== undefined && start === processStart
}

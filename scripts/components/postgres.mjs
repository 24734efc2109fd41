// One PostgreSQL server with data of its own, whatever version the system has.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  awaitHealth,
  ComponentFailure,
  endProcess,
  faultsIn,
  freePorts,
  makeDataDirectory,
  removeData,
  say,
  startDetached,
} from './processes.mjs'
import { findPostgresBin, isRoot } from './programs.mjs'
import { logFileOf } from './state.mjs'

/** PostgreSQL refuses to run as root: then it is the user that Debian's package made. */
const serverUser = () => {
  if (!isRoot) return {}
  const [uid, gid] = ['-u', '-g'].map((option) => {
    const { status, stdout } = spawnSync('id', [option, 'postgres'], { encoding: 'utf8' })
    if (status === 0) return Number(stdout)
    throw new ComponentFailure('PostgreSQL does not run as root, and there is no user "postgres": make one.')
  })
  return { uid, gid }
}

const run = (program, args, options, logFile) => {
  const { status, error, stdout, stderr } = spawnSync(program, args, { ...options, encoding: 'utf8' })
  writeFileSync(logFile, `${stdout ?? ''}${stderr ?? ''}`)
  if (status !== 0)
    throw new ComponentFailure(`${program} failed: ${error?.message ?? faultsIn(logFile)}; log: ${logFile}`)
}

/** Whether it answers a query of its superuser. The password is not for everybody who lists processes. */
const isAnswering = ({ url, programs }) => {
  const address = new URL(url)
  const { password } = address
  address.password = ''
  const { status } = spawnSync(
    join(programs.binDirectory, 'psql'),
    ['-XAtc', 'SELECT 1', '-d', address.href],
    {
      stdio: 'ignore',
      timeout: 10_000,
      env: { ...process.env, PGCONNECT_TIMEOUT: '5', PGPASSWORD: password },
    },
  )
  return status === 0
}

const start = async () => {
  say('starting PostgreSQL ...')
  const binDirectory = findPostgresBin()
  const user = serverUser()
  // Root's own temporary folder may be closed to the user that the server runs as.
  const dataDirectory = makeDataDirectory(isRoot ? '/tmp' : tmpdir(), 'postgres')
  const logFile = logFileOf('postgres')
  const options = { ...user, env: { ...process.env, HOME: dataDirectory } }
  try {
    if (isRoot) chownSync(dataDirectory, user.uid, user.gid)
    const password = randomBytes(18).toString('base64url')
    const passwordFile = join(dataDirectory, 'password')
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (isRoot) chownSync(passwordFile, user.uid, user.gid)
    const data = join(dataDirectory, 'data')
    const initdb = [
      '-D',
      data,
      '-U',
      'postgres',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--no-sync',
    ]
    run(
      join(binDirectory, 'initdb'),
      [...initdb, '--encoding=UTF8', '--locale=C'],
      { ...options, cwd: dataDirectory },
      logFile,
    )
    rmSync(passwordFile)

    const [port] = await freePorts(1)
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: 200,
      // Data that is thrown away need not outlive the machine; it does outlive a killed server.
      fsync: 'off',
    }
    const server = await startDetached(
      join(binDirectory, 'postgres'),
      [
        '-D',
        data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([key, to]) => ['-c', `${key}=${to}`]),
      ],
      { ...options, logFile, dataDirectory },
    )
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    const component = { ...server, port, url, dataDirectory, logFile, programs: { binDirectory } }
    if (await awaitHealth(component, () => isAnswering(component))) return component
    await endProcess(component, 'SIGKILL')
    throw new ComponentFailure(`PostgreSQL does not start; log: ${logFile}\n${faultsIn(logFile)}`)
  } catch (error) {
    removeData(dataDirectory)
    throw error
  }
}

export const postgres = {
  name: 'postgres',
  title: 'PostgreSQL',
  needs: () => [{ what: 'PostgreSQL', find: findPostgresBin, debianPackage: 'postgresql' }],
  start,
  isHealthy: isAnswering,
  /** A fast shutdown: SIGTERM would wait for clients to leave. */
  stopSignal: 'SIGINT',
}

// Finds the programs that components need, and installs what is missing where that can be done unasked.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ComponentFailure, runLogged, say } from './processes.mjs'
import { logFileOf } from './state.mjs'

export const isRoot = process.getuid?.() === 0

const isProgram = (file) => {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

export const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isProgram)

const subdirectories = (directory) => (existsSync(directory) ? readdirSync(directory) : [])

/** `{ path, version }` of the first Java that is new enough. */
export const findJava = (majorNeeded) => {
  const candidates = [
    process.env.JAVA_HOME && join(process.env.JAVA_HOME, 'bin', 'java'),
    onPath('java'),
    ...subdirectories('/usr/lib/jvm').map((name) => join('/usr/lib/jvm', name, 'bin', 'java')),
  ]
  for (const path of candidates) {
    if (!path || !isProgram(path)) continue
    const { stderr } = spawnSync(path, ['-version'], { encoding: 'utf8' })
    const [, version, major] = /version "((\d+)[^"]*)"/.exec(stderr ?? '') ?? []
    if (Number(major) >= majorNeeded) return { path, version }
  }
  return undefined
}

/** The newest folder with a whole PostgreSQL server: Debian keeps them off the PATH. */
export const findPostgresBin = () => {
  const debian = subdirectories('/usr/lib/postgresql')
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join('/usr/lib/postgresql', version, 'bin'))
  const isWhole = (directory) =>
    ['initdb', 'postgres', 'psql'].every((name) => isProgram(join(directory, name)))
  return [...debian, ...(process.env.PATH ?? '').split(delimiter)].find(isWhole)
}

const applications = ['', process.env.HOME ?? ''].map((base) => `${base}/Applications`)
const windowsPrograms = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]

/** Where the system's browser lies: on the PATH of Linux, and at its usual place on macOS and Windows. */
const browserPlaces = () => [
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'].map(onPath),
  ...applications.flatMap((base) => [
    `${base}/Chromium.app/Contents/MacOS/Chromium`,
    `${base}/Google Chrome.app/Contents/MacOS/Google Chrome`,
  ]),
  ...windowsPrograms
    .filter(Boolean)
    .flatMap((base) => [
      join(base, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(base, 'Chromium', 'Application', 'chrome.exe'),
    ]),
]

const firstProgram = (candidates) => candidates.find((file) => file !== undefined && isProgram(file))

/** Chromium or Chrome. A file that `GROUNDSWELL_CHROMIUM` names is the only one looked at. */
export const findChromium = () => {
  const named = process.env.GROUNDSWELL_CHROMIUM
  return firstProgram(named ? [named] : browserPlaces())
}

/** The Prometheus server. A file that `GROUNDSWELL_PROMETHEUS` names is the only one looked at. */
export const findPrometheus = () => {
  const named = process.env.GROUNDSWELL_PROMETHEUS
  return firstProgram(named ? [named] : [onPath('prometheus'), '/usr/local/bin/prometheus'])
}

export const canInstallUnasked = () =>
  existsSync('/etc/debian_version') && onPath('apt-get') !== undefined && isRoot

/** `needs`: `{ what, find, debianPackage }`. After it, all can be found; else it throws what is missing, and how to get it. */
export const installMissing = async (needs) => {
  const missing = needs.filter(({ find }) => find() === undefined)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))]
  const names = missing.map(({ what }) => what).join(', ')
  if (!canInstallUnasked())
    throw new ComponentFailure(
      `missing here: ${names}. They are installed unasked on Debian as root only; elsewhere do it by hand ` +
        `(Debian: sudo apt-get install ${packages.join(' ')}) and try again.`,
    )
  say(`installing ${packages.join(', ')} ...`)
  await installPackages(packages)
  const still = missing.filter(({ find }) => find() === undefined)
  if (still.length > 0)
    throw new ComponentFailure(
      `${packages.join(', ')} brought no ${still.map(({ what }) => what).join(', ')}: install it by hand and try again.`,
    )
}

const installPackages = async (packages) => {
  const logFile = logFileOf('apt-get')
  rmSync(logFile, { force: true })
  const aptGet = (what, ...args) =>
    runLogged(what, 'apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
      logFile,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
  const install = () => aptGet('apt-get install', 'install', '-y', '--no-install-recommends', ...packages)
  try {
    await install()
  } catch {
    // No package lists yet, or ones so old that their packages are gone.
    await aptGet('apt-get update', 'update')
    await install()
  }
}

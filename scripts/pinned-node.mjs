// Runs on whatever Node is there, so: no syntax or API newer than Node 16, no dependencies.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The Node that the lock file pins; it comes as a package. */
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isNewEnough = major > 24 || (major === 24 && minor >= 12)

/** The pinned Node where it is there, else this one if it will do. */
export const nodeToRunOn = () => {
  if (existsSync(pinned)) return pinned
  return isNewEnough ? process.execPath : undefined
}

const isInstalled = () => {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed) || nodeToRunOn() === undefined) return false
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

/** Installs what the lock file says, on first use and after it changed. Exits where that fails. */
export const installIfNeeded = () => {
  if (isInstalled()) return
  process.stderr.write('groundswell: installing dependencies (on first use, and when they changed) ...\n')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const isScript = npm !== undefined && /\.c?js$/.test(npm)
  const done = isScript
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    : spawnSync('npm', args, {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        shell: process.platform === 'win32',
      })
  if (done.status === 0) return
  process.stderr.write('groundswell: npm ci failed; mend what it says above and try again.\n')
  process.exit(1)
}

/**
 * Runs the program's entry file with these arguments. A Node that will do runs it itself, so that the pid a user knows is
 * that of the program: who kills it is rid of all of it.
 */
export const runProgram = async (main, args) => {
  if (!isNewEnough) {
    runOnPinnedNode([main, ...args])
    return
  }
  const { enableCompileCache } = await import('node:module')
  // By the environment for the processes that it starts, by the call for this one.
  Object.assign(process.env, withCompileCache(process.env))
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
  process.argv.splice(1, process.argv.length, main, ...args)
  await import(pathToFileURL(main).href)
}

/** Runs the right Node with these arguments in this one's place: same streams, signals, exit code, and the same end. */
export const runOnPinnedNode = (args) => {
  const node = nodeToRunOn()
  if (node === undefined) {
    process.stderr.write(
      `groundswell: needs Node >= 24.12, and this is ${process.version}. Run "npm ci" in ${root} once: it brings its own.\n`,
    )
    process.exit(1)
  }
  const env = withCompileCache(process.env)
  if (process.execve === undefined || process.platform === 'win32') runAsChild(node, args, env)
  else process.execve(node, [node, ...args], env)
}

/** For a Node that cannot become another: signals are passed on, and the child ends with this process if it is killed too. */
const runAsChild = (node, args, env) => {
  const preload = pathToFileURL(join(root, 'scripts', 'end-with-parent.mjs')).href
  const child = spawn(node, ['--import', preload, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...env, GROUNDSWELL_LIFELINE: '3' },
  })
  // Nothing is said over it: it only ends, first where either of the two does.
  child.stdio[3].on('error', () => {})
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`groundswell: cannot start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code)
    process.exit(128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] || 0))
  })
}

/** Types are stripped and code compiled once, not at every start. */
const withCompileCache = (env) => ({
  NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'groundswell'),
  ...env,
})

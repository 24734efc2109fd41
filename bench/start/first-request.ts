import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programCommand, rootDirectory } from '../side-by-side/program.ts'
import { type Command, startTimed } from '../side-by-side/timed-process.ts'

/** A way to start, as a user would. */
export interface Start {
  name: string
  command: (scenarioFile: string) => Command
}

export const starts: readonly Start[] = [
  {
    name: 'npm start -- FILE',
    command: (file) => ({ file: 'npm', args: ['start', '--', file], cwd: rootDirectory }),
  },
  {
    name: 'node scripts/groundswell-dev.mjs start FILE',
    command: (file) => ({
      file: nodeOfUser(),
      args: [join(rootDirectory, 'scripts', 'groundswell-dev.mjs'), 'start', file],
      cwd: rootDirectory,
    }),
  },
  { name: 'node src/main.ts run FILE', command: (file) => programCommand(['run', file]) },
]

/** The scenario's load is as short as can be: only its first request matters. */
const scenario = (url: string): string =>
  `name: first request\ndrivers: 2\nhttp: ${url}\nload: { rate: 20/s, duration: 1s }\n`

/** From the command to the first request that a server sees, milliseconds. */
export const measureFirstRequest = async ({ name, command }: Start): Promise<number> => {
  const directory = mkdtempSync(join(tmpdir(), 'groundswell-bench-'))
  let firstMs: number | undefined
  const server = createServer((_request, response) => {
    firstMs ??= performance.now()
    response.end('ok')
  })
  try {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const file = join(directory, 'scenario.yaml')
    writeFileSync(file, scenario(`http://127.0.0.1:${port}/`))
    const startMs = performance.now()
    const { exitCode, stdout, stderr } = await startTimed(command(file)).ended
    if (exitCode !== 0 || firstMs === undefined)
      throw new Error(`${name} ended with ${exitCode}:\n${stdout}\n${stderr}`)
    return firstMs - startMs
  } finally {
    server.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The Node that a user's shell has, which need not be ours. */
const nodeOfUser = (): string => {
  const path = (process.env.PATH ?? '')
    .split(':')
    .filter((directory) => !directory.includes('node_modules'))
    .join(':')
  return execFileSync('bash', ['-c', 'command -v node'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  }).trim()
}

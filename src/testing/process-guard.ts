import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

export interface ProcessGuard {
  /** From now on this process ends with us; undefined: none does. */
  watch(pid: number | undefined): void
  /** All is cleaned up: nothing is left to do. */
  dismiss(): void
}

/**
 * A shell that outlives this process however it ends, kill -9 too, sees that by the end of its input, and then ends
 * the process last told and removes the directory. Its input: a line with a pid, or an empty one, whenever that changes.
 */
export const startProcessGuard = (directory: string): ProcessGuard => {
  const script = 'while read -r line; do pid=$line; done; test -n "$pid" && kill -9 "$pid"; rm -rf "$1"'
  const guard = spawn('sh', ['-c', script, 'guard', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  guard.stdin.on('error', () => undefined)
  if (guard.stdin instanceof Socket) guard.stdin.unref()
  return {
    watch: (pid) => {
      guard.stdin.write(`${pid ?? ''}\n`)
    },
    dismiss: () => {
      guard.kill('SIGKILL')
    },
  }
}

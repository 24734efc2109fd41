import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory of so many MiB at `directory`, which must be there. Throws where this process may not mount. */
export const mountSmallDisk = (directory: string, sizeMiB: number): void => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', directory], { stdio: 'pipe' })
}

export const unmountSmallDisk = (directory: string): void => {
  execFileSync('umount', ['-l', directory])
}

const tryToMount = (): boolean => {
  const directory = mkdtempSync(join(tmpdir(), 'groundswell-disk-'))
  try {
    mountSmallDisk(directory, 1)
    unmountSmallDisk(directory)
    return true
  } catch {
    return false
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Tests of a full disk are there where this process may mount one: root may, outside of most containers. */
export const canMountSmallDisk = tryToMount()

import { readFileSync } from 'node:fs'

/** `src/` and `dist/` are siblings, so the package's own description is two levels up from here in both. */
const packageFile = new URL('../../package.json', import.meta.url)

/** The version of this package. */
export const version: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version

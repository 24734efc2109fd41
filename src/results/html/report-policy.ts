import { createHash } from 'node:crypto'
import { hoverScript } from './hover-script.ts'
import { reportStyle } from './report-style.ts'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing may be loaded, and only our own style sheet and script work; the script can make no markup of a text. */
export const reportPolicy = [
  "default-src 'none'",
  `script-src ${hashOf(hoverScript)}`,
  `style-src ${hashOf(reportStyle)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/**
 * What only a header can say comes to it where a server hands the page out. In its sandbox it has an origin of its own: it
 * neither reads nor asks anything of the server, whose token the reader's browser may hold.
 */
export const servedPolicy = `${reportPolicy}; frame-ancestors 'none'; sandbox allow-scripts`

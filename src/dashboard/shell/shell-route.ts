/**
 * The part of the address behind `#`:
 *
 *   #/                       home: start a run, all runs
 *   #/runs/ID?request=NAME   one run
 *   #/compare/A/B            two of them
 *   #token=TOKEN             taken once and removed: it shall stay in no history
 */
export interface ShellRoute {
  name: 'home' | 'run' | 'compare'
  /** What follows the name, decoded: `[ID]`, `[A, B]`. */
  path: readonly string[]
  query: URLSearchParams
  /** There is no such page: home is shown, and says so. */
  unknown: string | null
}

const parameters = { '': ['home', 0], runs: ['run', 1], compare: ['compare', 2] } as const

export const routeOf = (hash: string): ShellRoute => {
  const text = hash.replace(/^#?\/?/, '')
  const mark = text.indexOf('?')
  const steps = decode(mark === -1 ? text : text.slice(0, mark))
  const query = new URLSearchParams(mark === -1 ? '' : text.slice(mark + 1))
  const [first = '', ...path] = steps ?? ['?']
  if (Object.hasOwn(parameters, first)) {
    const [name, count] = parameters[first as keyof typeof parameters]
    if (path.length === count && !path.includes('')) return { name, path, query, unknown: null }
  }
  return { name: 'home', path: [], query: new URLSearchParams(), unknown: hash.slice(0, 200) }
}

const decode = (text: string): string[] | undefined => {
  try {
    return text.replace(/\/$/, '').split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

/** `#/runs/a%20b`. */
export const hashOf = (...steps: readonly string[]): string => `#/${steps.map(encodeURIComponent).join('/')}`

/** The token that an address brings along, and the address without it. */
export const tokenInHash = (hash: string): { token: string; rest: string } | undefined => {
  const [, token = '', rest = ''] = /^#token=([^&]+)(?:&(.*))?$/.exec(hash) ?? []
  if (token === '') return undefined
  try {
    return { token: decodeURIComponent(token), rest: rest === '' ? '#/' : `#${rest}` }
  } catch {
    return undefined
  }
}

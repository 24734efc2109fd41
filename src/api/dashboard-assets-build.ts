import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { posix } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { squeezeScript } from './squeeze-script.ts'

/** A file of the page, ready to be answered. */
export interface Asset {
  type: string
  /** Quoted, as the header has it. */
  etag: string
  bytes: Uint8Array
  gzip: Uint8Array
  brotli: Uint8Array
}

/** A module as the browser gets it, and what it asks for: paths from the root of the sources. */
export interface DashboardModule {
  code: string
  imports: string[]
  /** Fetched only when they are wanted: `import('./x.ts')`. */
  laterImports: string[]
}

const scriptType = 'text/javascript; charset=utf-8'
const styleType = 'text/css; charset=utf-8'

/** What uPlot brings, served under `/app/uplot/`. */
const uplotStyle = 'uPlot.min.css'
const uplotScript = 'uPlot.iife.min.js'

/**
 * Everything that the page is made of, by the path under which it is served. Modules lie under `/app/` as they lie under the
 * root, so that their relative imports hold; which there are is found by following them from `dashboard/main`. TypeScript in
 * a checkout loses its types here; in the package `tsc` did that. Slow, and Node warns of an experiment: for a thread.
 */
export const buildAssets = (root: URL, version: string): Map<string, Asset> => {
  const modules = readModules(root, isTypeScript(root) ? 'dashboard/main.ts' : 'dashboard/main.js')
  const assets = new Map<string, Asset>()
  for (const [path, { code }] of modules) assets.set(`/app/${path}`, assetOf(scriptType, squeezeScript(code)))
  const require = createRequire(import.meta.url)
  const uplot = (name: string): string => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8')
  assets.set(`/app/uplot/${uplotStyle}`, assetOf(styleType, uplot(uplotStyle)))
  // A classic script that ends as a module: the module of the package is three times its size.
  assets.set('/app/uplot/uPlot.js', assetOf(scriptType, `${uplot(uplotScript)}\nexport default uPlot\n`))
  const folder = new URL('dashboard/', root)
  const sheets = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.css'))
    .sort((a, b) => Number(b === 'style.css') - Number(a === 'style.css') || (a < b ? -1 : 1))
  for (const name of sheets)
    assets.set(`/app/dashboard/${name}`, assetOf(styleType, plainStyle(readText(new URL(name, folder)))))
  assets.set('/favicon.svg', assetOf('image/svg+xml', readText(new URL('favicon.svg', folder))))
  const page = renderPage(readText(new URL('index.html', folder)), {
    version,
    modules: staticClosure(modules),
    sheets: [`uplot/${uplotStyle}`, ...sheets.map((name) => `dashboard/${name}`)],
  })
  assets.set('/', assetOf('text/html; charset=utf-8', page))
  return assets
}

/** Sources in a checkout, and the package's built files, lie in the same order: only the endings differ. */
const isTypeScript = (root: URL): boolean => {
  const names = readdirSync(new URL('dashboard/', root))
  return names.includes('main.ts')
}

const readText = (url: URL): string => readFileSync(url, 'utf8')

/** By path from the root, the entry first; throws on an import that no browser could follow. */
export const readModules = (root: URL, entry: string): Map<string, DashboardModule> => {
  const modules = new Map<string, DashboardModule>()
  const wanted = [entry]
  for (let path = wanted.shift(); path !== undefined; path = wanted.shift()) {
    if (modules.has(path)) continue
    const module = readModule(readText(new URL(path, root)), path)
    modules.set(path, module)
    wanted.push(...module.imports, ...module.laterImports)
  }
  return modules
}

/** Without types and comments, so that what looks like an import is one. */
export const readModule = (source: string, path: string): DashboardModule => {
  const code = path.endsWith('.ts') ? stripTypeScriptTypes(source, { mode: 'transform' }) : source
  const resolve = (specifier: string): string => {
    const resolved = posix.join(posix.dirname(path), specifier)
    if (/^\.\.?\//.test(specifier) && !resolved.startsWith('..')) return resolved
    throw new Error(`${path} imports ${specifier}: no browser can follow that`)
  }
  const found = (pattern: RegExp): string[] => [
    ...new Set([...code.matchAll(pattern)].map(([, specifier = '']) => resolve(specifier))),
  ]
  return {
    code,
    imports: found(/^(?:import|export)\b(?:[^'"();]*?\bfrom)?\s*['"]([^'"]+)['"]/gm),
    laterImports: found(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g),
  }
}

/** What the first module needs before it can begin, itself among it. */
export const staticClosure = (
  modules: ReadonlyMap<string, DashboardModule>,
  entry = [...modules.keys()][0] ?? '',
): string[] => {
  const reached = new Set([entry])
  for (const path of reached) for (const next of modules.get(path)?.imports ?? []) reached.add(next)
  return [...reached]
}

/** The page with what only the build knows, in place of its comment `head`. */
const renderPage = (
  template: string,
  { version, modules, sheets }: { version: string; modules: readonly string[]; sheets: readonly string[] },
): string => {
  const [main = ''] = modules
  const head = [
    `<meta name="version" content="${version.replace(/[^\w.+-]/g, '')}">`,
    ...sheets.map((path) => `<link rel="stylesheet" href="/app/${path}">`),
    ...modules.map((path) => `<link rel="modulepreload" href="/app/${path}">`),
    `<script type="module" src="/app/${main}"></script>`,
  ]
  return template.replace(/<!-- head[\s\S]*?-->/, () => head.join('\n'))
}

/** Comments are for who reads the source. */
const plainStyle = (css: string): string => css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\n\s*/g, '\n')

const assetOf = (type: string, content: string | Uint8Array): Asset => {
  const bytes = Buffer.from(content)
  return {
    type,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    bytes,
    gzip: gzipSync(bytes, { level: 9 }),
    brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  }
}

/** Where the sources, or what was built of them, lie. */
export const assetsRoot = new URL('../', import.meta.url)

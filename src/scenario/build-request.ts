import { buildChecks } from './build-checks.ts'
import { defaultRequestName } from './operation-names.ts'
import { methodAndUrl, type RequestData } from './request-schema.ts'
import type { AssetReference, Auth, Body, Capture, RequestSpec } from './scenario.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import type { Path } from './scenario-faults.ts'
import { given } from './strict-map.ts'
import type { TextView } from './text-view.ts'

export interface BuildContext {
  document: ScenarioDocument
  view: TextView
  /** The file that a request sends, by the path of the scenario that names it. */
  bodyFile(path: Path): AssetReference
}

export const buildRequest = (
  data: RequestData,
  path: Path,
  weight: number,
  context: BuildContext,
): RequestSpec => {
  const { document, view } = context
  const { key, method, url } = methodAndUrl(data)
  const body = buildBody(data, path, context)
  const auth = buildAuth(data.auth, [...path, 'auth'], view)
  return {
    kind: 'request',
    name: data.name ?? defaultRequestName(method, document.shownAt([...path, key], url)),
    weight,
    method,
    url: encodeUrl(view.text([...path, key], url)),
    headers: buildHeaders(data.headers, [...path, 'headers'], view),
    ...given('body', body),
    ...given('auth', auth),
    ...given('timeoutMs', data.timeout),
    ...given('redirects', data.redirects),
    checks: buildChecks(data.check, [...path, 'check'], document, view),
    captures: Object.entries(data.capture ?? {}).map(
      ([variable, source]): Capture => ({ variable, ...source }),
    ),
  }
}

/** Only ASCII is sent: other characters are percent-encoded as UTF-8, but for the names in templates. */
const encodeUrl = (url: string): string =>
  url.replace(/\{\{[^{}]*\}\}|[^\p{ASCII}]+/gu, (part) =>
    part.startsWith('{{') ? part : encodeURIComponent(part.toWellFormed()),
  )

export const buildHeaders = (
  data: RequestData['headers'],
  path: Path,
  view: TextView,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data ?? {}).map(([name, value]) => [name, view.header([...path, name], name, value)]),
  )

export const buildAuth = (data: RequestData['auth'], path: Path, view: TextView): Auth | undefined => {
  if (data?.bearer !== undefined)
    return { kind: 'bearer', token: view.secret([...path, 'bearer'], data.bearer) }
  if (data?.basic === undefined) return undefined
  const { user, password } = data.basic
  return {
    kind: 'basic',
    user: view.text([...path, 'basic', 'user'], user),
    password: view.secret([...path, 'basic', 'password'], password),
  }
}

const buildBody = (data: RequestData, path: Path, { view, bodyFile }: BuildContext): Body | undefined => {
  if (data.body !== undefined) return { kind: 'text', text: view.text([...path, 'body'], data.body) }
  if (data.json !== undefined) return { kind: 'json', json: view.json([...path, 'json'], data.json) }
  if (data.form !== undefined) {
    const fields = Object.entries(data.form).map(([name, value]) => [
      name,
      view.text([...path, 'form', name], value),
    ])
    return { kind: 'form', fields: Object.fromEntries(fields) }
  }
  return data.file === undefined ? undefined : { kind: 'file', asset: bodyFile([...path, 'file']) }
}

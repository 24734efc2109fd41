import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../lib/errors.ts'
import type { DashboardAssets } from './dashboard-assets.ts'
import type { Asset } from './dashboard-assets-build.ts'
import { defineRoute, type Reply, type Route } from './route.ts'

/** The page may load and ask only what comes from here, and text never becomes markup or script. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Of `/app/`: what lies there is a map, so that no path leads anywhere else. */
const moduleParams = z.object({ folder: z.string(), file: z.string() })
const partParams = moduleParams.extend({ part: z.string() })

/** The page and its files, for everybody: it holds nothing, and asks for a token where one is wanted. */
export const dashboardRoutes = (assets: DashboardAssets): Route[] => {
  const answer = async (path: string, request: FastifyRequest): Promise<Reply> => {
    const asset = (await assets.all()).get(path)
    if (asset === undefined) throw new AppError('NOT_FOUND', 'There is no such route.')
    return replyOf(asset, request.headers)
  }
  const content = { '*/*': 'text' } as const
  const common = {
    method: 'GET',
    tag: 'operation',
    isOpen: true,
    answers: { 200: { description: 'A file.', content }, 304: { description: 'As it was.' } },
    errors: [],
  } as const
  return [
    defineRoute({
      ...common,
      path: '/',
      summary: 'The dashboard.',
      query: z.object({}),
      handle: ({ request }) => answer('/', request),
    }),
    defineRoute({
      ...common,
      path: '/favicon.svg',
      summary: 'Its picture.',
      handle: ({ request }) => answer('/favicon.svg', request),
    }),
    defineRoute({
      ...common,
      path: '/app/{folder}/{file}',
      summary: 'What the dashboard is made of.',
      params: moduleParams,
      handle: ({ params, request }) => answer(`/app/${params.folder}/${params.file}`, request),
    }),
    defineRoute({
      ...common,
      path: '/app/{folder}/{part}/{file}',
      summary: 'The same, of a part of it.',
      params: partParams,
      handle: ({ params, request }) => answer(`/app/${params.folder}/${params.part}/${params.file}`, request),
    }),
  ]
}

const replyOf = (asset: Asset, headers: FastifyRequest['headers']): Reply => {
  const common = {
    etag: asset.etag,
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    'content-security-policy': pagePolicy,
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
  }
  if (isKnown(headers['if-none-match'], asset.etag)) return { status: 304, headers: common }
  const coding = codingFor(headers['accept-encoding'])
  if (coding === undefined) return { status: 200, bytes: asset.bytes, type: asset.type, headers: common }
  const bytes = coding === 'br' ? asset.brotli : asset.gzip
  return { status: 200, bytes, type: asset.type, headers: { ...common, 'content-encoding': coding } }
}

/** Proxies that compress call a tag weak: it is the same content. */
const isKnown = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((given) => given.trim() === '*' || given.trim().replace(/^W\//, '') === etag)

/** The better of the two that the client takes (RFC 9110, 12.5.3); undefined: none. */
export const codingFor = (header: string | undefined): 'br' | 'gzip' | undefined => {
  const taken = (header ?? '')
    .toLowerCase()
    .split(',')
    .flatMap((part) => {
      const [name = '', ...parameters] = part.split(';').map((text) => text.trim())
      return parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)) ? [] : [name]
    })
  return (['br', 'gzip'] as const).find((coding) => taken.includes(coding))
}

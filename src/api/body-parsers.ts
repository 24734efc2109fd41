import type { FastifyInstance } from 'fastify'
import { AppError } from '../lib/errors.ts'
import { YamlBody } from './route.ts'

const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']

/** What a body may be: JSON, YAML as a text, or nothing. */
export const addParsers = (app: FastifyInstance): void => {
  // Keys that would reach into prototypes are refused.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') {
      done(null, undefined)
      return
    }
    void parseJson(request, body as string, (error: Error | null, value?: unknown) => {
      if (error === null) done(null, value)
      else done(new AppError('REQUEST_INVALID', 'The body is no JSON.'))
    })
  })
  app.addContentTypeParser(yamlTypes, { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, new YamlBody(new TextDecoder('utf-8', { fatal: true }).decode(body as Buffer)))
    } catch {
      done(new AppError('SCENARIO_UNREADABLE', 'The body is no UTF-8 text.'))
    }
  })
  // Many clients name a type for a body that they do not send.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else done(new AppError('MEDIA_TYPE_UNSUPPORTED', 'This route takes no body of that type.'))
  })
}

import type { FastifyInstance } from 'fastify'
import { AppError } from '../lib/errors.ts'
import { RawBody } from './route.ts'

const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']

/** What a body may be: JSON, YAML, or nothing. Its bytes are read by the route, or in a thread: nothing is made of them here. */
export const addParsers = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body.length === 0 ? undefined : new RawBody('json', body as Buffer))
  })
  app.addContentTypeParser(yamlTypes, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, new RawBody('yaml', body as Buffer))
  })
  // Many clients name a type for a body that they do not send.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else done(new AppError('MEDIA_TYPE_UNSUPPORTED', 'This route takes no body of that type.'))
  })
}

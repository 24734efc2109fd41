import { AppError } from '../lib/errors.ts'

/** What a server that could not listen says to its user: PORT_IN_USE, or USAGE for an address that is none of this machine. */
export const listenError = (error: unknown, host: string, port: number): AppError => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE')
    return new AppError('PORT_IN_USE', `Port ${port} of ${host} is in use already.`, { cause: error })
  if (code === 'EACCES')
    return new AppError('PORT_IN_USE', `Port ${port} of ${host} may not be listened on (${code}).`, {
      cause: error,
      hint: 'Ports below 1024 want privileges: choose another one.',
    })
  return new AppError('USAGE', `The API cannot listen on ${host}:${port} (${code || String(error)}).`, {
    cause: error,
    hint: 'Give an address of this machine.',
  })
}

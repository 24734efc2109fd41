import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls'
import { AppError, messageOf } from '../../lib/errors.ts'
import type { TlsSettings } from '../../scenario/scenario.ts'

/**
 * One SecureContext for every connection of a client: making one costs more than a handshake. The files are read on
 * first use.
 */
export class TlsContext {
  readonly #settings: TlsSettings
  #context: SecureContext | undefined

  constructor(settings: TlsSettings) {
    this.#settings = settings
  }

  get resumes(): boolean {
    return this.#settings.resume
  }

  /** Reads the files now. Throws an AppError (SCENARIO_INVALID) that names the key and the file. */
  load(): SecureContext {
    if (this.#context !== undefined) return this.#context
    const { caFile, certFile, keyFile } = this.#settings
    const ca = readPem('tls.ca', caFile)
    if (ca !== undefined && !ca.includes('-----BEGIN'))
      throw new AppError('SCENARIO_INVALID', `tls.ca: ${caFile} holds no certificate`, {
        hint: 'The file must be PEM: -----BEGIN CERTIFICATE----- and so on.',
      })
    const cert = readPem('tls.cert', certFile)
    const key = readPem('tls.key', keyFile)
    try {
      this.#context = createSecureContext({
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      })
    } catch (error) {
      const files = [caFile, certFile, keyFile].filter((file) => file !== undefined).join(', ')
      throw new AppError('SCENARIO_INVALID', `tls: cannot use ${files}: ${messageOf(error)}`, {
        cause: error,
        hint: 'The files must be PEM, and the key must belong to the certificate.',
      })
    }
    return this.#context
  }

  /** What `tls.connect` needs beside the address. `session`: of an earlier connection to the same origin. */
  connectOptions(hostname: string, session: Buffer | undefined): ConnectionOptions {
    const name = this.#settings.serverName ?? hostname
    return {
      secureContext: this.load(),
      rejectUnauthorized: !this.#settings.insecure,
      ALPNProtocols: ['http/1.1'],
      // RFC 6066, 3: an address is no server name. Node then verifies the certificate against the address itself.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(session === undefined ? {} : { session }),
    }
  }
}

const readPem = (key: string, file: string | undefined): Buffer | undefined => {
  if (file === undefined) return undefined
  try {
    return readFileSync(file)
  } catch (error) {
    throw new AppError('SCENARIO_INVALID', `${key}: cannot read ${file}: ${messageOf(error)}`, {
      cause: error,
      hint: 'The path is taken on the machine of each driver.',
    })
  }
}

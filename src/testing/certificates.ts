import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Keys and certificates for tests, valid from 2020 to 2120 and worth nothing: the key of their authority was thrown away.
 *
 *   authority    signed server, other and client
 *   server       for localhost, shop.test, 127.0.0.1, ::1
 *   other        for other.test
 *   client       identifies a client
 *   self-signed  for localhost, 127.0.0.1
 */
export type CertificateName = 'authority' | 'server' | 'other' | 'client' | 'self-signed'

export const certificateFile = (name: CertificateName): string => path(`${name}.cert.pem`)
export const keyFile = (name: Exclude<CertificateName, 'authority'>): string => path(`${name}.key.pem`)

/** For `tls.createServer`. */
export const serverIdentity = (
  name: 'server' | 'other' | 'self-signed' = 'server',
): { cert: Buffer; key: Buffer } => ({
  cert: readFileSync(certificateFile(name)),
  key: readFileSync(keyFile(name)),
})

const path = (file: string): string => fileURLToPath(new URL(`./certificates/${file}`, import.meta.url))

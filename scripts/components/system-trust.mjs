// Java trusts authorities of its own list. On a machine with one more, as behind a proxy of a company, the system
// knows it and a Java that was installed a moment ago does not.
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const systemBundles = [
  process.env.SSL_CERT_FILE,
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
]

/** That of every Java: the list is public. */
const password = 'changeit'

const certificatesIn = (text) =>
  (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  )

/** Options by which a JVM trusts what the system trusts; written to `directory`. Empty where that is no more than it does. */
export const systemTrustOptions = (javaPath, directory) => {
  const bundle = systemBundles.find((file) => file && existsSync(file))
  if (bundle === undefined) return []
  const javaHome = dirname(dirname(realpathSync(javaPath)))
  const keytool = (...args) =>
    spawnSync(join(javaHome, 'bin', 'keytool'), [...args, '-storepass', password], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
  const known = certificatesIn(keytool('-list', '-rfc', '-cacerts').stdout ?? '')
  const fingerprints = new Set(known.map(({ fingerprint256 }) => fingerprint256))
  const further = certificatesIn(readFileSync(bundle, 'utf8')).filter(
    ({ fingerprint256 }) => !fingerprints.has(fingerprint256),
  )
  if (further.length === 0) return []
  const store = join(directory, 'trusted')
  const own = join(javaHome, 'lib', 'security', 'cacerts')
  if (existsSync(own)) copyFileSync(own, store)
  further.forEach((certificate, i) => {
    const file = join(directory, `authority-${i}.pem`)
    writeFileSync(file, certificate.toString())
    keytool('-importcert', '-noprompt', '-alias', `system-${i}`, '-file', file, '-keystore', store)
  })
  return [`-Djavax.net.ssl.trustStore=${store}`, `-Djavax.net.ssl.trustStorePassword=${password}`]
}

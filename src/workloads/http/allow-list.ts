import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { AppError } from '../../lib/errors.ts'

const loopbackAndPrivate = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1',
  'fc00::/7',
] as const

/** Labels of letters, digits, hyphens and underscores; the last one is no number, or it would be a broken address. */
const hostName = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*(?!\d+$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/

/**
 * What a driver may attack. An entry is an address (`10.1.2.3`, `::1`), a range (`10.0.0.0/8`), or a host name
 * (`example.com`: this name alone, whatever it resolves to). Addresses are judged by what they are, not by how they are
 * written: `::ffff:10.1.2.3` is 10.1.2.3.
 */
export class AllowList {
  /** Loopback and the private ranges of RFC 1918 and RFC 4193; not link-local, where clouds keep their credentials. */
  static readonly defaults: readonly string[] = loopbackAndPrivate

  /** Apart, because Node would let an IPv6 range match IPv4 addresses in their mapped form. */
  readonly #ipv4 = new BlockList()
  readonly #ipv6 = new BlockList()
  readonly #names = new Set<string>()

  /** Throws an AppError (USAGE) that names the first entry that is none of the three. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry.trim())
  }

  /** `hostname` as in a URL, without brackets; `address` is what it resolved to. */
  allows(hostname: string, address: string): boolean {
    if (this.#names.has(canonicalName(hostname))) return true
    const plain = plainAddress(address)
    switch (isIP(plain)) {
      case 4:
        return this.#ipv4.check(plain, 'ipv4')
      case 6:
        return this.#ipv6.check(plain, 'ipv6')
      default:
        return false
    }
  }

  #add(entry: string): void {
    const [base = '', prefix, ...rest] = entry.split('/')
    const address = base.replace(/^\[(.*)\]$/, '$1')
    const version = isIP(address)
    if (version !== 0 && !address.includes('%') && rest.length === 0) {
      const bits = prefix === undefined ? addressBits(version) : parsePrefix(prefix, version)
      if (bits !== undefined) {
        this.#addRange(address, bits, version)
        return
      }
    } else if (prefix === undefined) {
      const name = canonicalName(base)
      if (hostName.test(name)) {
        this.#names.add(name)
        return
      }
    }
    throw new AppError('USAGE', `"${entry}" is no address, address range or host name`, {
      hint: 'Write an address (10.1.2.3), a range (10.0.0.0/8) or a host name (example.com), without scheme or port.',
    })
  }

  #addRange(address: string, bits: number, version: number): void {
    const plain = plainAddress(address)
    if (version === 4) this.#ipv4.addSubnet(plain, bits, 'ipv4')
    else if (plain !== address && bits >= 96) this.#ipv4.addSubnet(plain, bits - 96, 'ipv4')
    else this.#ipv6.addSubnet(address, bits, 'ipv6')
  }
}

const addressBits = (version: number): number => (version === 4 ? 32 : 128)

const parsePrefix = (text: string, version: number): number | undefined => {
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  return bits <= addressBits(version) ? bits : undefined
}

const canonicalName = (name: string): string => domainToASCII(name).toLowerCase().replace(/\.$/, '')

/** Without a zone, and an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) as IPv4. */
const plainAddress = (address: string): string => {
  const [bare = ''] = address.split('%')
  if (isIP(bare) !== 6) return bare
  // The URL parser writes IPv6 in its one canonical form, where a mapped address ends in two groups of hex digits.
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical)
  if (mapped === null) return bare
  const high = Number.parseInt(mapped[1] ?? '', 16)
  const low = Number.parseInt(mapped[2] ?? '', 16)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** Sizes as people write them: `512`, `64 kB` (1,000), `64KiB` (1,024), `1.5MB`, `1GiB`. */
const unitBytes: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** Bytes, a whole number, or undefined where the text is no size. */
export const parseSize = (text: string): number | undefined => {
  const match = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)\s*$/i.exec(text)
  if (match === null) return undefined
  const name = (match[2] ?? '').toLowerCase()
  const unit = Object.hasOwn(unitBytes, name) ? unitBytes[name] : undefined
  if (unit === undefined) return undefined
  const size = Math.round(Number(match[1]) * unit)
  return Number.isSafeInteger(size) ? size : undefined
}

/** Decimal units and about three digits: `17 B`, `2.41 kB`, `1.2 GB`. */
export const formatSize = (sizeBytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = sizeBytes
  let i = 0
  while (value >= 999.5 && i < units.length - 1) {
    value /= 1000
    i++
  }
  const digits = i === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2
  return `${value.toFixed(digits)} ${units[i]}`
}

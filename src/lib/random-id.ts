import { randomBytes } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * A fresh id such as `r-…` with 100 random bits (20 characters of base 32). Never from the seed: two runs of one
 * scenario, or two lives of one driver, must not be taken for each other.
 */
export const drawId = (prefix: string): string => {
  let id = `${prefix}-`
  for (const byte of randomBytes(20)) id += alphabet[byte & 31]
  return id
}

/** A fresh seed, small enough to be retyped. */
export const drawSeed = (): number => randomBytes(4).readUInt32BE()

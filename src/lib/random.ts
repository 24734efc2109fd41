/**
 * Randomness without state: a value is a pure function of (seed, stream, index), so any driver can compute any
 * operation's draw, in any order, and n drivers draw exactly what one would have drawn.
 *
 * The mixer is the 32-bit finalizer "lowbias32" (Wellons, Prospecting for hash functions, 2018), applied to the
 * words in turn; two of its outputs make one 53-bit fraction.
 */
const mix = (word: number): number => {
  let x = word | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/** A number for a stream's name, so that draws for different purposes never run in step (FNV-1a, 32 bits). */
export const streamOf = (name: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** An unsigned 32-bit draw. `seed` and `index` may be any safe integers; `stream` comes from {@link streamOf}. */
export const drawUint32 = (seed: number, stream: number, index: number): number => {
  let h = mix(seed | 0)
  h = mix(h ^ Math.floor(seed / 0x1_0000_0000) ^ 0x9e3779b9)
  h = mix(h ^ stream)
  h = mix(h ^ (index | 0))
  return mix(h ^ Math.floor(index / 0x1_0000_0000) ^ 0x85ebca6b)
}

/** A draw from [0, 1) with 53 random bits. */
export const drawFraction = (seed: number, stream: number, index: number): number => {
  const high = drawUint32(seed, stream, index) >>> 5
  const low = mix(drawUint32(seed, stream ^ 0x5bd1e995, index)) >>> 6
  return (high * 0x400_0000 + low) / 2 ** 53
}

/** An integer draw from [min, max], both included. */
export const drawInteger = (seed: number, stream: number, index: number, min: number, max: number): number =>
  min + Math.floor(drawFraction(seed, stream, index) * (max - min + 1))

/** A draw from the exponential distribution with mean 1. */
export const drawExponential = (seed: number, stream: number, index: number): number =>
  -Math.log1p(-drawFraction(seed, stream, index))

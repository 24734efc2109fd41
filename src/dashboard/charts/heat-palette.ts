/**
 * Colours of the heat map: cividis (Nunez and others, PLoS ONE 13(7), 2018; the same for red-green blind eyes), in 64 steps from
 * few to many. On a light page few is light, on a dark one dark. Both begin a little inside, where a single answer is
 * still seen against the page.
 */
export const heatSteps = 64

const lightAnchors = [
  '#e6d04f',
  '#c9b765',
  '#ada174',
  '#918b78',
  '#777776',
  '#5a606d',
  '#3a486b',
  '#00224e',
] as const

const darkAnchors = [
  '#25406c',
  '#3b496c',
  '#575d6d',
  '#707173',
  '#8a8678',
  '#a59c74',
  '#c3b369',
  '#fee838',
] as const

export type Rgb = readonly [red: number, green: number, blue: number]

/** `#rrggbb`. */
export const rgbOf = (hex: string): Rgb => [
  Number.parseInt(hex.slice(1, 3), 16),
  Number.parseInt(hex.slice(3, 5), 16),
  Number.parseInt(hex.slice(5, 7), 16),
]

const spread = (anchors: readonly string[]): Rgb[] => {
  const colours = anchors.map(rgbOf)
  return Array.from({ length: heatSteps }, (_, step) => {
    const at = (step / (heatSteps - 1)) * (colours.length - 1)
    const below = colours[Math.floor(at)] ?? [0, 0, 0]
    const above = colours[Math.ceil(at)] ?? below
    const mix = (i: 0 | 1 | 2): number => Math.round(below[i] + (above[i] - below[i]) * (at - Math.floor(at)))
    return [mix(0), mix(1), mix(2)]
  })
}

export const lightHeat: readonly Rgb[] = spread(lightAnchors)
export const darkHeat: readonly Rgb[] = spread(darkAnchors)

/** Colours as ImageData's bytes seen as 32-bit words: red first, on the little-endian machines that browsers run on. */
export const packColours = (colours: readonly Rgb[]): Uint32Array =>
  Uint32Array.from(colours, ([red, green, blue]) => 0xff000000 + blue * 0x10000 + green * 0x100 + red)

/** 0 to 63: the step of a count where `most` has the last. Logarithmic, for else rare slow answers would be washed out. */
export const stepOfCount = (count: number, most: number): number =>
  clampStep((Math.log(1 + count) / Math.log(1 + Math.max(1, most))) * (heatSteps - 1))

/** A share of all answers of its second, 0 to 1, as {@link stepOfCount} has counts: a thousandth is seen as one of them. */
export const stepOfShare = (share: number): number => stepOfCount(share * 1000, 1000)

const clampStep = (step: number): number => Math.max(0, Math.min(heatSteps - 1, Math.round(step)))

/** The count (or thousandths) in the middle of the scale. */
export const middleCount = (most: number): number => Math.max(1, Math.round(Math.sqrt(1 + most) - 1))

/** The count of the last colour: a power of 2. Grows at once, falls only when three quarters of it are unused. */
export const keepMost = (shown: number, most: number): number => {
  if (most <= shown && most * 4 > shown) return shown
  return 2 ** Math.ceil(Math.log2(Math.max(2, most)))
}

export interface RunPageReading {
  /** Of the latest update; NaN before the first. */
  seq: number
  conn: string
  run: string
  state: string
  alert: string
  verdict: string
  tiles: { name: string; window: string; figures: Record<string, string> }[]
}

export const readRunPage: () => RunPageReading
export const readTable: (name: string) => string[][] | null
export const countColours: (name: string) => number
export const markControls: () => string[]
export const readFocus: () => { number: number; isSeen: boolean } | null
export const findSmallTargets: () => string[]
export const findUnnamedPictures: () => string[]
export const findFaintTexts: () => string[]

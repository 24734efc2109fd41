/** Paths of programs; undefined where there is none. */
export const findChromium: () => string | undefined
export const findPrometheus: () => string | undefined

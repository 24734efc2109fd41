import type uPlot from 'uplot'

/** Served as a module beside ours, which it is not in its package: its own module is not minified. */
const path = '/app/uplot/uPlot.js'

/** Whoever imports this waits for it: it comes with the charts, not with the page. */
export const { default: UPlot } = (await import(path)) as { default: typeof uPlot }

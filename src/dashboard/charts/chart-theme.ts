/**
 * Colours of what is drawn on a canvas, where no style sheet reaches. All lines have a contrast of 3:1 or more with their page,
 * all text 4.5:1; a test computes them. Lines are told apart by dash and the label at their end too.
 */
export interface ChartTheme {
  isDark: boolean
  background: string
  text: string
  dim: string
  grid: string
  hatch: string
  limit: string
  broken: string
  error: string
  /** Over the heat map. */
  over: string
  lines: Readonly<Record<LineColour, string>>
}

export const lineColours = ['plain', 'dim', 'blue', 'green', 'orange', 'purple'] as const
export type LineColour = (typeof lineColours)[number]

export const lightTheme: ChartTheme = {
  isDark: false,
  background: '#ffffff',
  text: '#1a1f26',
  dim: '#56606d',
  grid: '#e4e8ee',
  hatch: '#aab3bf',
  limit: '#1a1f26',
  broken: '#b3001b',
  error: '#d55e00',
  over: '#b3001b',
  lines: {
    plain: '#1a1f26',
    dim: '#6b7684',
    blue: '#0072b2',
    green: '#00805f',
    orange: '#d55e00',
    purple: '#a3478a',
  },
}

export const darkTheme: ChartTheme = {
  isDark: true,
  background: '#14181d',
  text: '#e6eaf0',
  dim: '#a5afbc',
  grid: '#262d36',
  hatch: '#566170',
  limit: '#e6eaf0',
  broken: '#ff6f91',
  error: '#ff8a4c',
  over: '#ff6f91',
  lines: {
    plain: '#e6eaf0',
    dim: '#8b97a6',
    blue: '#56aae6',
    green: '#3cc79b',
    orange: '#ff8a4c',
    purple: '#e08fc6',
  },
}

/** In forced colours the user's own: system colours by name, which a canvas knows as well. */
export const forcedTheme = (isDark: boolean): ChartTheme => ({
  isDark,
  background: 'Canvas',
  text: 'CanvasText',
  dim: 'CanvasText',
  grid: 'GrayText',
  hatch: 'GrayText',
  limit: 'CanvasText',
  broken: 'CanvasText',
  error: 'CanvasText',
  over: 'CanvasText',
  lines: {
    plain: 'CanvasText',
    dim: 'CanvasText',
    blue: 'CanvasText',
    green: 'CanvasText',
    orange: 'CanvasText',
    purple: 'CanvasText',
  },
})

/** The theme that `<html data-theme>` and the system ask for; forced colours come before both. */
export const themeOf = (state: {
  chosen: string | undefined
  systemIsDark: boolean
  isForced: boolean
}): ChartTheme => {
  if (state.isForced) return forcedTheme(state.systemIsDark)
  const isDark = state.chosen === 'dark' || (state.chosen !== 'light' && state.systemIsDark)
  return isDark ? darkTheme : lightTheme
}

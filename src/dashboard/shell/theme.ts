import { element } from '../element.ts'
import type { KeptText } from './kept-text.ts'

export const themes = ['auto', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const words: Record<Theme, string> = { auto: 'Auto', light: 'Light', dark: 'Dark' }

export const themeOf = (text: string | null): Theme => themes.find((theme) => theme === text) ?? 'auto'

/** Sets what was chosen before, and makes the switch. */
export const createThemeSwitch = (kept: KeptText, root: HTMLElement): HTMLElement => {
  const apply = (theme: Theme): void => {
    if (theme === 'auto') delete root.dataset.theme
    else root.dataset.theme = theme
  }
  const chosen = themeOf(kept.value)
  apply(chosen)
  const select = element(
    'select',
    {
      'aria-label': 'Colours',
      title: 'Colours: as the system has them, light, or dark',
      class: 'small',
      onchange: () => {
        const theme = themeOf(select.value)
        kept.value = theme === 'auto' ? null : theme
        apply(theme)
      },
    },
    themes.map((theme) => element('option', { value: theme, selected: theme === chosen }, words[theme])),
  )
  return select
}

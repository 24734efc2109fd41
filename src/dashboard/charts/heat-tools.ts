import { element, setAttribute } from '../element.ts'

/** One of two, as two buttons of which one is pressed. */
export const buildChoice = <Value extends string>(
  name: string,
  values: Readonly<Record<Value, string>>,
  onPick: (value: Value) => void,
): { element: HTMLElement; show(value: Value): void } => {
  const keys = Object.keys(values) as Value[]
  const buttons = keys.map((key) =>
    element('button', { type: 'button', onclick: () => onPick(key) }, values[key]),
  )
  return {
    element: element('div', { class: 'segmented chart-choices', role: 'group', 'aria-label': name }, buttons),
    show: (value) => {
      for (const [i, button] of buttons.entries())
        setAttribute(button, 'aria-pressed', String(keys[i] === value))
    },
  }
}

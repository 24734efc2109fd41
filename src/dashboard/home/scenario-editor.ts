import type { ScenarioFault } from '../../scenario/scenario-faults.ts'
import { element, setAttribute } from '../element.ts'
import { countLines, marksOf, spanOf } from './scenario-editor-marks.ts'

/**
 * A textarea with numbered lines. Numbers and marks lie beside and behind it, moved along as it scrolls; what they say is also
 * in the list of faults, so they are hidden from screen readers. Tab leaves it, as it leaves every other control.
 */
export interface ScenarioEditor {
  element: HTMLElement
  text: string
  showFaults(faults: readonly ScenarioFault[]): void
  /** Puts the cursor there. */
  goTo(fault: ScenarioFault): void
  focus(): void
}

export interface ScenarioEditorOptions {
  /** Of the element that says how many faults there are. */
  describedBy: string
  onInput(): void
}

/** In rem, as in the sheet. */
const lineRem = 1.25
/** The textarea's padding. */
const padRem = 0.5

export const createScenarioEditor = ({ describedBy, onInput }: ScenarioEditorOptions): ScenarioEditor => {
  const area = element('textarea', {
    class: 'editor-text',
    'aria-label': 'Scenario, as YAML',
    'aria-describedby': describedBy,
    wrap: 'off',
    rows: 16,
    spellcheck: 'false',
    autocomplete: 'off',
    autocapitalize: 'off',
    oninput: () => {
      showMarks([])
      showNumbers()
      onInput()
    },
    onscroll: () => follow(),
  })
  const numbers = element('pre', { class: 'editor-numbers' })
  const gutterMarks = element('div', { class: 'editor-flags' })
  const lineMarks = element('div', { class: 'editor-marks' })
  const gutter = element('div', { class: 'editor-gutter', 'aria-hidden': 'true' }, numbers, gutterMarks)
  const behind = element('div', { class: 'editor-behind', 'aria-hidden': 'true' }, lineMarks)

  const follow = (): void => {
    const up = `translateY(${-area.scrollTop}px)`
    numbers.style.transform = up
    gutterMarks.style.transform = up
    lineMarks.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`
  }
  let lines = 0
  const showNumbers = (): void => {
    const count = countLines(area.value)
    if (count === lines) return
    lines = count
    numbers.textContent = Array.from({ length: count }, (_, index) => index + 1).join('\n')
  }
  const showMarks = (faults: readonly ScenarioFault[]): void => {
    const marks = marksOf(area.value, faults)
    gutterMarks.replaceChildren(
      ...marks.map(({ line }) => at(line, element('span', { class: 'editor-flag' }, '\u2715'))),
    )
    lineMarks.replaceChildren(
      ...marks.map(({ line, column, width }) => {
        const under = element('span', { class: 'editor-under' })
        under.style.left = `calc(${column - 1}ch + ${padRem}rem)`
        under.style.width = `${width}ch`
        const mark = at(line, element('div', { class: 'editor-line' }, under))
        mark.dataset.line = String(line)
        return mark
      }),
    )
  }
  return {
    element: element(
      'div',
      { class: 'editor' },
      gutter,
      element('div', { class: 'editor-body' }, behind, area),
    ),
    get text() {
      return area.value
    },
    set text(text) {
      area.value = text
      area.scrollTop = 0
      showNumbers()
      showMarks([])
      follow()
    },
    showFaults: (faults) => {
      showMarks(faults)
      setAttribute(area, 'aria-invalid', faults.length > 0 ? 'true' : null)
    },
    goTo: (fault) => {
      const span = spanOf(area.value, fault)
      area.focus()
      if (span === undefined || fault.line === undefined) return
      area.setSelectionRange(span.from, span.to)
      const lineHeight = Number.parseFloat(getComputedStyle(area).lineHeight)
      const top = (fault.line - 1) * lineHeight
      if (top < area.scrollTop || top > area.scrollTop + area.clientHeight - 2 * lineHeight)
        area.scrollTop = top - area.clientHeight / 2
    },
    focus: () => area.focus(),
  }
}

const at = <E extends HTMLElement>(line: number, mark: E): E => {
  mark.style.top = `${(line - 1) * lineRem + padRem}rem`
  return mark
}

import { element } from '../element.ts'
import { cutText } from '../run/run-text.ts'
import type { Difference, EnvironmentRow } from './compare-diff.ts'
import type { Shift } from './compare-shifts.ts'

const maxDifferences = 100

/** Scrolls by itself where it is wider than the page, by keys too. */
const pan = (name: string, table: HTMLElement): HTMLElement =>
  element('div', { class: 'pan', role: 'region', tabindex: 0, 'aria-label': name }, table)

const headings = (...names: readonly string[]): HTMLElement =>
  element(
    'thead',
    {},
    element(
      'tr',
      {},
      names.map((name) => element('th', { scope: 'col' }, name)),
    ),
  )

export const shiftTable = (shifts: readonly Shift[]): HTMLElement =>
  pan(
    'Shift from A to B',
    element(
      'table',
      { class: 'compare-shifts' },
      element('caption', {}, 'All requests, whole run; percentiles from all answers'),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('th', { scope: 'col' }, 'Figure'),
          element('th', { scope: 'col' }, 'B is'),
          ['A', 'B', 'Shift', 'Share of A'].map((name) => element('th', { scope: 'col', class: 'n' }, name)),
        ),
      ),
      element(
        'tbody',
        {},
        shifts.map(({ name, a, b, by, percent, words, tone }) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, name),
            element('td', {}, element('span', { class: tone }, words)),
            [a, b, by, percent].map((text) => element('td', { class: 'n' }, text)),
          ),
        ),
      ),
    ),
  )

export const environmentTable = (rows: readonly EnvironmentRow[]): HTMLElement =>
  pan(
    'Environment of both runs',
    element(
      'table',
      { class: 'compare-texts' },
      headings('Environment', 'A', 'B', 'Differs'),
      element(
        'tbody',
        {},
        rows.map(({ name, a, b, differs }) =>
          element(
            'tr',
            { class: differs ? 'compare-differs' : null },
            element('th', { scope: 'row' }, name),
            element('td', {}, cutText(a)),
            element('td', {}, cutText(b)),
            element('td', {}, differs ? 'differs' : ''),
          ),
        ),
      ),
    ),
  )

const side = (text: string | undefined): HTMLElement =>
  text === undefined
    ? element('td', { class: 'dim' }, 'not there')
    : element('td', {}, element('code', {}, cutText(text)))

export const scenarioTable = (differences: readonly Difference[]): HTMLElement => {
  if (differences.length === 0)
    return element('p', {}, 'Both scenarios ask for the same, but for what is named above.')
  const others = differences.length - maxDifferences
  return element(
    'div',
    {},
    pan(
      'Differences of the scenarios',
      element(
        'table',
        { class: 'compare-texts' },
        headings('Scenario, as it ran', 'A', 'B'),
        element(
          'tbody',
          {},
          differences
            .slice(0, maxDifferences)
            .map(({ path, a, b }) =>
              element(
                'tr',
                {},
                element('th', { scope: 'row' }, element('code', {}, cutText(path))),
                side(a),
                side(b),
              ),
            ),
        ),
      ),
    ),
    others > 0 ? element('p', { class: 'dim' }, `and ${others} more`) : null,
  )
}

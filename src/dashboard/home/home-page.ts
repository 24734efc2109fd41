import { element } from '../element.ts'
import type { OpenPage } from '../page.ts'
import { createStart } from './home-start.ts'
import { createRunList } from './run-list-table.ts'

/** Before a run, and after: start one, and look at all of them. */
export const openHomePage: OpenPage = (context) => {
  const start = createStart(context)
  const runs = createRunList({
    ...context,
    mark: (name, value) => {
      context.mark(name, value)
      if (name === 'conn' && value === 'live') start.hear()
    },
  })
  return {
    title: 'Runs',
    element: element('div', { class: 'home' }, start.element, runs.element),
    close: () => {
      start.close()
      runs.close()
    },
  }
}

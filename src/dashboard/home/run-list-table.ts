import type { FleetUpdate, RunList } from '../../api/answer-schemas.ts'
import { element, setAttribute, setText } from '../element.ts'
import { followEvents, type StreamState } from '../model/event-source.ts'
import type { PageContext } from '../page.ts'
import { isTyping } from '../shell/shell-keys.ts'
import { hashOf } from '../shell/shell-route.ts'
import { problemText } from './home-verdict.ts'
import {
  choose,
  describeDrivers,
  describeQueue,
  type ListedRun,
  matchesFilter,
  RunListModel,
} from './run-list.ts'
import { confirmRemoval } from './run-list-removal.ts'
import { createReportLinks } from './run-list-reports.ts'
import { columns, createRunRow, type RunRow } from './run-list-row.ts'
import { asProblem } from './scenario-validator.ts'

const pageLength = 50

/** All runs: those that go on, second by second, and those of the past. */
export const createRunList = (context: PageContext): { element: HTMLElement; close(): void } => {
  const { api, clock, announce, alert, mark, go } = context
  const model = new RunListModel()
  const rows = new Map<string, RunRow>()
  const closing = new AbortController()
  let chosen: string[] = []
  let hasList = false

  const fleet = element('p', { class: 'dim', id: 'fleet' })
  const trouble = element('div', { role: 'alert' })
  const filter = element('input', {
    type: 'search',
    placeholder: 'Filter: name, id, outcome, load',
    'aria-label': 'Filter the runs',
    oninput: () => show(),
  })
  const compare = element('button', { type: 'button', onclick: () => compareChosen() }, 'Compare')
  const body = element('tbody')
  const empty = element('p', { class: 'empty' })
  const more = element(
    'button',
    { type: 'button', hidden: true, onclick: () => void load(model.next ?? undefined) },
    'Older runs',
  )
  const table = element(
    'table',
    { class: 'runs' },
    element('caption', { class: 'visually-hidden' }, 'Runs, newest first. Times of day are UTC.'),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        columns.map(({ name, class: kind }) =>
          element(
            'th',
            { scope: 'col', class: kind },
            kind === 'pick' ? element('span', { class: 'visually-hidden' }, name) : name,
          ),
        ),
      ),
    ),
    body,
  )

  const showError = (error: unknown): void => {
    if (!closing.signal.aborted) trouble.replaceChildren(problemText(asProblem(error)))
  }
  const rowOf = (run: ListedRun): RunRow => {
    const known = rows.get(run.id)
    if (known !== undefined) return known
    const row = createRunRow(run, {
      choose: (id, isOn) => {
        chosen = choose(chosen, id, isOn)
        show()
      },
      remove: (asked) => void removeAfterAsking(asked),
      reports: (id) => createReportLinks(api, id, showError),
    })
    rows.set(run.id, row)
    return row
  }
  const show = (): void => {
    const { runs } = model
    const shown = runs.filter((run) => matchesFilter(run, filter.value.trim()))
    const ids = new Set(runs.map(({ id }) => id))
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id)
    chosen = chosen.filter((id) => ids.has(id))
    const wanted = shown.map((run) => {
      const row = rowOf(run)
      row.show(run, chosen.includes(run.id))
      return row.element
    })
    // Rows that stay where they are keep the focus that is in them.
    wanted.forEach((row, at) => {
      const there = body.children[at]
      if (there !== row) body.insertBefore(row, there ?? null)
    })
    while (body.children.length > wanted.length) body.lastElementChild?.remove()
    table.hidden = wanted.length === 0
    empty.hidden = wanted.length > 0
    setText(empty, describeNothing(runs.length))
    setAttribute(compare, 'aria-disabled', chosen.length === 2 ? null : 'true')
    setText(compare, chosen.length === 2 ? 'Compare' : `Compare (${chosen.length} of 2)`)
    more.hidden = typeof model.next !== 'string'
    if (model.storeError !== null)
      trouble.replaceChildren(
        problemText({ message: 'Runs of the past are missing.', hint: model.storeError }),
      )
  }
  const describeNothing = (known: number): string => {
    if (known > 0) return 'No run of those that are loaded matches.'
    return hasList ? 'No run yet. Start one above, and it appears here.' : 'Loading'
  }
  const compareChosen = (): void => {
    const [a, b] = chosen
    if (a === undefined || b === undefined) announce('Choose two runs to compare.')
    else go(hashOf('compare', a, b))
  }
  const load = async (before: string | undefined): Promise<void> => {
    const query = `limit=${pageLength}${before === undefined ? '' : `&before=${encodeURIComponent(before)}`}`
    try {
      const list = await api.get<RunList>(`/api/runs?${query}`, closing.signal)
      hasList = true
      trouble.replaceChildren()
      model.addPage(list, before)
      show()
    } catch (error) {
      showError(error)
    }
  }
  const removeAfterAsking = async (run: ListedRun): Promise<void> => {
    if (!(await confirmRemoval(run))) return
    try {
      await api.remove(`/api/runs/${encodeURIComponent(run.id)}`)
      model.remove(run.id)
      show()
      announce(`${run.name} was deleted.`)
    } catch (error) {
      showError(error)
    }
  }
  const onUpdate = (update: FleetUpdate): void => {
    setText(fleet, `${describeDrivers(update.drivers, update.maxDrivers)} ${describeQueue(update.queued)}`)
    mark('seq', String(update.seq))
    if (model.addUpdate(update)) void load(undefined)
    show()
  }
  let wasStale = false
  const onState = (state: StreamState): void => {
    mark('conn', state.kind === 'refused' ? 'failed' : state.kind)
    if (state.kind === 'stale')
      alert(`No answer from the orchestrator since ${clockTime(state.sinceMs)}. It is tried again.`)
    else alert(state.kind === 'refused' ? state.problem.message : '')
    if (state.kind === 'live' && wasStale) {
      announce('The orchestrator answers again.')
      void load(undefined)
    }
    if (state.kind === 'live') wasStale = false
    else if (state.kind === 'stale' || state.kind === 'hidden') wasStale = true
  }
  const stream = followEvents({
    api,
    path: '/api/events',
    clock,
    onEvent: ({ event, data }) => {
      if (event === 'update') onUpdate(data as FleetUpdate)
    },
    onState,
  })
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return
      event.preventDefault()
      filter.focus()
    },
    { signal: closing.signal },
  )
  show()
  void load(undefined)

  return {
    element: element(
      'section',
      { class: 'stack run-list', 'aria-labelledby': 'runs-title' },
      element(
        'div',
        { class: 'row' },
        element('h2', { id: 'runs-title' }, 'Runs'),
        fleet,
        element('div', { class: 'bar push' }, filter, compare),
      ),
      trouble,
      element('div', { class: 'pan' }, table),
      empty,
      element('div', {}, more),
    ),
    close: () => {
      closing.abort()
      stream.close()
    },
  }
}

/** In the zone of everything else here: `12:03:41 UTC`. */
const clockTime = (epochMs: number): string =>
  `${new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' }).format(epochMs)} UTC`

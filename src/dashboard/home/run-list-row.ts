import { formatCount, formatKnownCount, formatShare, formatTime } from '../../results/summary-text-figures.ts'
import { element, setAttribute, setText } from '../element.ts'
import { hashOf } from '../shell/shell-route.ts'
import { type ListedRun, standingOf } from './run-list.ts'

/** One run of the list; what changes of it is said to the same elements again. */
export interface RunRow {
  element: HTMLTableRowElement
  show(run: ListedRun, isChosen: boolean): void
}

export interface RowActions {
  choose(id: string, isOn: boolean): void
  remove(run: ListedRun): void
  reports(id: string): HTMLElement
}

export const columns = [
  { name: 'Compare', class: 'pick' },
  { name: 'Created', class: 'run-when' },
  { name: 'Run', class: '' },
  { name: 'Outcome', class: '' },
  { name: 'Load', class: 'wide' },
  { name: 'Sent', class: 'n mid' },
  { name: 'Errors of sent', class: 'n mid' },
  { name: 'p99', class: 'n' },
  { name: 'Reports', class: 'wide' },
  { name: 'Delete', class: 'pick' },
] as const

export const createRunRow = (first: ListedRun, actions: RowActions): RunRow => {
  let run = first
  const { id } = first
  const pick = element('input', {
    type: 'checkbox',
    onchange: () => actions.choose(id, pick.checked),
  })
  const created = element('time', {})
  const narrow = element('time', { class: 'run-narrow dim small' })
  const link = element('a', { href: hashOf('runs', id), class: 'strong' })
  const light = element('span', { class: 'light' })
  const load = element('td', { class: 'wide dim run-load' })
  const sent = element('td', { class: 'n mid' })
  const errors = element('td', { class: 'n mid' })
  const p99 = element('td', { class: 'n' })
  const remove = element(
    'button',
    { type: 'button', class: 'quiet icon', onclick: () => actions.remove(run) },
    element('span', { 'aria-hidden': 'true' }, '\u2715'),
  )
  const row = element(
    'tr',
    {},
    element('td', { class: 'pick' }, pick),
    element('td', { class: 'run-when' }, created),
    element(
      'th',
      { scope: 'row', class: 'run-name' },
      link,
      element('span', { class: 'dim small mono run-id' }, id),
      narrow,
    ),
    element('td', {}, light),
    load,
    sent,
    errors,
    p99,
    element('td', { class: 'wide' }, actions.reports(id)),
    element('td', { class: 'pick' }, remove),
  )
  row.dataset.run = id
  return {
    element: row,
    show: (next, isChosen) => {
      run = next
      const standing = standingOf(run)
      const name = run.name === '' ? run.id : run.name
      setText(link, name)
      setAttribute(pick, 'aria-label', `Compare ${name}, ${id}`)
      if (pick.checked !== isChosen) pick.checked = isChosen
      setAttribute(remove, 'aria-label', `Delete ${name}, ${id}`)
      setAttribute(remove, 'title', run.state === 'finished' ? `Delete ${name}` : 'It goes on: stop it first')
      remove.disabled = run.state !== 'finished'
      setAttribute(created, 'datetime', run.createdAt)
      setAttribute(created, 'title', `${run.createdAt} (UTC)`)
      setText(created, formatWhen(run.createdAt))
      setText(narrow, formatWhen(run.createdAt))
      setAttribute(light, 'class', `light ${standing.tone}`)
      setText(light, standing.text)
      setText(load, run.load)
      setText(sent, formatKnownCount(run.sent))
      setText(errors, describeErrors(run))
      setAttribute(errors, 'title', run.errors === null ? null : `${formatCount(run.errors)} errors`)
      setText(p99, formatTime(run.responseP99Ms))
    },
  }
}

const describeErrors = ({ errors, sent }: ListedRun): string => {
  if (errors === null || sent === null) return 'unknown'
  return sent === 0 ? '–' : formatShare(errors / sent)
}

/** UTC, as everything in the reports: `2026-11-21 00:33`. */
export const formatWhen = (iso: string): string => iso.slice(0, 16).replace('T', ' ')

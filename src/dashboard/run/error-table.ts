import type { Totals } from '../../results/run-result.ts'
import {
  endedCount,
  formatCount,
  formatShare,
  rankCounts,
  sumCounts,
} from '../../results/summary-text-figures.ts'
import { errorWords, reasonWords } from '../../results/words.ts'
import type { Cell, TableView } from './run-table-rows.ts'
import { cutText, nameText } from './run-text.ts'

/** What went wrong, counted; each list has an end, whatever a target sends. */

export const maxKinds = 20
const maxTexts = 3

export const errorTable = (totals: Pick<Totals, 'answered' | 'errors' | 'errorDetails'>): TableView => {
  const kinds = rankCounts(totals.errors)
  const details = rankCounts(totals.errorDetails)
  const ended = endedCount(totals)
  return {
    columns: [
      { key: 'kind', heading: 'Kind' },
      { key: 'count', heading: 'Count', isNumber: true },
      { key: 'share', heading: 'Of all', isNumber: true },
      { key: 'texts', heading: 'What was said most often' },
    ],
    rows: kinds.map(([kind, count]) => ({
      key: kind,
      cells: [
        withNotes(nameText(kind, 60), errorWords[kind] === undefined ? [] : [errorWords[kind]]),
        { text: formatCount(count), sort: count },
        share(count, ended),
        textsCell(kind, details),
      ],
    })),
  }
}

const textsCell = (kind: string, details: readonly (readonly [string, number])[]): Cell => {
  const prefix = `${kind}: `
  const texts = details.filter(([text]) => text.startsWith(prefix))
  const [first, ...others] = texts
    .slice(0, maxTexts)
    .map(([text, count]) => `${nameText(text.slice(prefix.length), 200)} × ${formatCount(count)}`)
  const more = texts.length - maxTexts
  return withNotes(first ?? '–', more > 0 ? [...others, `and ${formatCount(more)} more texts`] : others)
}

export const checkTable = ({ checks }: Pick<Totals, 'checks'>): TableView => ({
  columns: [
    { key: 'check', heading: 'Check' },
    { key: 'failed', heading: 'Failed', isNumber: true },
    { key: 'of', heading: 'Of', isNumber: true },
    { key: 'share', heading: 'Share', isNumber: true },
  ],
  rows: Object.entries(checks).map(([name, { passed, failed }]) => ({
    key: name,
    cells: [
      {
        text: nameText(name, 120),
        ...(failed > 0 ? ({ tone: 'bad' } as const) : ({ tone: 'good' } as const)),
      },
      { text: formatCount(failed), sort: failed },
      { text: formatCount(failed + passed), sort: failed + passed },
      share(failed, failed + passed),
    ],
  })),
})

export const statusTable = ({ status }: Pick<Totals, 'status'>): TableView => {
  const all = sumCounts(status)
  return countTable('Status code', status, all, (code) => cutText(code, 20))
}

export const unsentTable = ({ unsentReasons, started, unsent }: Totals): TableView =>
  countTable('Not sent because', unsentReasons, started + unsent, (reason) =>
    reasonWords[reason] === undefined ? nameText(reason, 60) : reasonWords[reason],
  )

const countTable = (
  heading: string,
  counts: Readonly<Record<string, number>>,
  all: number,
  text: (name: string) => string,
): TableView => ({
  columns: [
    { key: 'name', heading },
    { key: 'count', heading: 'Count', isNumber: true },
    { key: 'share', heading: 'Of all', isNumber: true },
  ],
  rows: rankCounts(counts).map(([name, count]) => ({
    key: name,
    cells: [{ text: text(name) }, { text: formatCount(count), sort: count }, share(count, all)],
  })),
})

const share = (count: number, all: number): Cell =>
  all <= 0 ? { text: '–', sort: null } : { text: formatShare(count / all), sort: count / all }

const withNotes = (text: string, notes: readonly string[]): Cell =>
  notes.length === 0 ? { text } : { text, notes }

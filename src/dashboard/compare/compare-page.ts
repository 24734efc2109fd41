import { verdictOf } from '../../results/verdict.ts'
import type { ApiProblem } from '../api-client.ts'
import { element, setText } from '../element.ts'
import type { OpenPage, Page, PageContext } from '../page.ts'
import { clockText, instantText, nameText, sentenceText } from '../run/run-text.ts'
import { hashOf } from '../shell/shell-route.ts'
import { CompareCharts } from './compare-charts.ts'
import { environmentOf, scenarioDifferences } from './compare-diff.ts'
import { loadSnapshot, problemOf, type RunSnapshot } from './compare-run.ts'
import { shiftsOf } from './compare-shifts.ts'
import { environmentTable, scenarioTable, shiftTable } from './compare-tables.ts'

/** Two runs side by side: `#/compare/A/B`. Each is taken once, as it is now; one that goes on can be taken again. */
export const openComparePage: OpenPage = (context, [a = '', b = '']) => new ComparePage(context, [a, b])

type Side =
  | { kind: 'loading' }
  | { kind: 'here'; snapshot: RunSnapshot }
  | { kind: 'failed'; problem: ApiProblem }

const noise =
  'Two runs alone cannot tell a change from the noise between runs: repeat each a few times before you trust a small shift. Shifts under 2 % are called about the same.'

class ComparePage implements Page {
  readonly element: HTMLElement
  readonly #context: PageContext
  readonly #ids: readonly [string, string]
  readonly #runs = element('div', { class: 'compare-pair' })
  readonly #body = element('div', { class: 'stack compare-body' })
  readonly #heading = element('h1', {})
  readonly #again: HTMLButtonElement
  readonly #charts: CompareCharts
  #loading = new AbortController()
  #sides: [Side, Side] = [{ kind: 'loading' }, { kind: 'loading' }]

  constructor(context: PageContext, ids: readonly [string, string]) {
    this.#context = context
    this.#ids = ids
    this.#charts = new CompareCharts(context)
    this.#again = element('button', { type: 'button', onclick: () => void this.#load() }, 'Take again')
    this.element = element(
      'div',
      { class: 'stack compare' },
      element(
        'header',
        { class: 'row' },
        this.#heading,
        element(
          'div',
          { class: 'row push' },
          this.#again,
          element('a', { class: 'button', href: hashOf('compare', ids[1], ids[0]) }, 'Swap A and B'),
        ),
      ),
      this.#runs,
      this.#body,
    )
    void this.#load()
  }

  get title(): string {
    const [a, b] = this.#names()
    return `${a} against ${b}`
  }

  close(): void {
    this.#loading.abort()
    this.#charts.close()
  }

  #names(): [string, string] {
    const [a, b] = this.#sides
    const nameOf = (side: Side, id: string): string =>
      nameText(side.kind === 'here' ? side.snapshot.result.name : id, 60)
    const names: [string, string] = [nameOf(a, this.#ids[0]), nameOf(b, this.#ids[1])]
    return names[0] === names[1] ? [nameText(this.#ids[0], 60), nameText(this.#ids[1], 60)] : names
  }

  async #load(): Promise<void> {
    this.#loading.abort()
    const loading = new AbortController()
    this.#loading = loading
    const sides = await Promise.all(this.#ids.map((id) => this.#take(id, loading.signal)))
    if (loading.signal.aborted) return
    this.#sides = sides as [Side, Side]
    this.#show()
    const [a, b] = sides
    if (a?.kind !== 'here' || b?.kind !== 'here') {
      this.#body.replaceChildren()
      this.#context.mark('conn', 'failed')
      return
    }
    this.#showFigures(a.snapshot, b.snapshot)
    await this.#charts.load([a.snapshot.result, b.snapshot.result])
    if (!loading.signal.aborted) this.#context.mark('conn', 'ended')
  }

  #take(id: string, signal: AbortSignal): Promise<Side> {
    return loadSnapshot(this.#context, id, signal).then(
      (snapshot): Side => ({ kind: 'here', snapshot }),
      (error: unknown): Side => ({ kind: 'failed', problem: problemOf(error) }),
    )
  }

  #show(): void {
    const [a, b] = this.#names()
    setText(this.#heading, `${a} against ${b}`)
    this.#runs.replaceChildren(
      ...this.#sides.map((side, i) => runSection(i === 0 ? 'A' : 'B', this.#ids[i] ?? '', side)),
    )
    const isSettled = this.#sides.every(
      (side) => side.kind === 'here' && side.snapshot.result.state === 'finished',
    )
    this.#again.hidden = isSettled
    this.#context.onTitle()
  }

  #showFigures({ result: a }: RunSnapshot, { result: b }: RunSnapshot): void {
    this.#body.replaceChildren(
      section('Shift from A to B', element('p', { class: 'dim' }, noise), shiftTable(shiftsOf(a, b))),
      this.#charts.element,
      section(
        'What differed',
        environmentTable(environmentOf(a, b)),
        scenarioTable(scenarioDifferences(a, b)),
      ),
    )
  }
}

const section = (heading: string, ...children: readonly HTMLElement[]): HTMLElement =>
  element('section', { class: 'stack', 'aria-label': heading }, element('h2', {}, heading), children)

const runSection = (letter: string, id: string, side: Side): HTMLElement => {
  const name = nameText(side.kind === 'here' ? side.snapshot.result.name : id)
  return element(
    'section',
    { class: 'compare-run', 'aria-label': `Run ${letter}` },
    element(
      'h2',
      {},
      element('span', { class: `compare-letter compare-${letter.toLowerCase()}` }, letter),
      ' ',
      element('a', { href: hashOf('runs', id) }, name),
    ),
    side.kind === 'here' ? snapshotParts(side.snapshot) : null,
    side.kind === 'failed'
      ? element('p', { class: 'notice bad' }, `It could not be read: ${sentenceText(side.problem.message)}`)
      : null,
  )
}

const snapshotParts = ({ result, atMs }: RunSnapshot): HTMLElement[] => {
  const { tone, mark, sentence } = verdictOf(result)
  const goesOn = result.state !== 'finished'
  return [
    element('p', { class: `notice ${tone}` }, `${mark} ${sentenceText(sentence)}`),
    element(
      'p',
      { class: 'dim small' },
      goesOn
        ? `Not finished: a snapshot of ${clockText(atMs)} · `
        : `${instantText(result.startedAt ?? result.createdAt)} · `,
      element('span', { class: 'mono' }, nameText(result.id, 100)),
    ),
  ]
}

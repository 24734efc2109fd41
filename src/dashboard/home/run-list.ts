import type { FleetUpdate, RunList } from '../../api/answer-schemas.ts'

export type ListedRun = RunList['runs'][number]

/**
 * All runs that the page knows: pages of the list, newest first, and what the stream says of those that go on. What was
 * updated later counts, so that a page of the list that was asked for a moment ago takes nothing back.
 */
export class RunListModel {
  readonly #runs = new Map<string, ListedRun>()
  /** By id, when it was created: another run may get the id. */
  readonly #removed = new Map<string, string>()
  /** Of the stream's last word. */
  #live = new Set<string>()
  /** For the next page; null: all are here; undefined: none was asked for. */
  #next: string | null | undefined
  #storeError: string | null = null

  get next(): string | null | undefined {
    return this.#next
  }

  /** Why runs of the past are missing. */
  get storeError(): string | null {
    return this.#storeError
  }

  /** Newest first. */
  get runs(): ListedRun[] {
    return [...this.#runs.values()].sort((a, b) =>
      a.createdAt === b.createdAt ? compare(b.id, a.id) : compare(b.createdAt, a.createdAt),
    )
  }

  /** `before`: what the page was asked with; undefined: the first one. */
  addPage(list: RunList, before: string | undefined): void {
    for (const run of list.runs) this.#take(run)
    this.#storeError = list.storeError
    // The first page again, to learn what is new: the place that was reached stays.
    if (before !== undefined || this.#next === undefined) this.#next = list.next
  }

  /** True where a run went out of sight before its end was seen: the list knows more. */
  addUpdate({ runs }: Pick<FleetUpdate, 'runs'>): boolean {
    for (const run of runs) this.#take(run)
    const live = new Set(runs.map(({ id }) => id))
    const isMissing = [...this.#live].some((id) => {
      const run = this.#runs.get(id)
      return !live.has(id) && run !== undefined && run.state !== 'finished'
    })
    this.#live = live
    return isMissing
  }

  /** Whoever asked before it was removed may still be answered with it. */
  remove(id: string): void {
    const run = this.#runs.get(id)
    if (run === undefined) return
    this.#removed.set(id, run.createdAt)
    this.#runs.delete(id)
  }

  #take(run: ListedRun): void {
    if (this.#removed.get(run.id) === run.createdAt) return
    const known = this.#runs.get(run.id)
    if (known?.createdAt === run.createdAt && known.state === 'finished' && run.state !== 'finished') return
    if (known === undefined || run.updatedAt >= known.updatedAt || run.state === 'finished')
      this.#runs.set(run.id, run)
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Every word of the filter is somewhere in the run's line. */
export const matchesFilter = (run: ListedRun, filter: string): boolean => {
  const { id, name, state, outcome, load, labels } = run
  const text = [
    id,
    name,
    state,
    outcome ?? '',
    load,
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
  ]
    .join('\n')
    .toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** How a run stands, in a word with a tone; the tone is also a shape. */
export const standingOf = ({
  state,
  outcome,
}: Pick<ListedRun, 'state' | 'outcome'>): {
  tone: 'good' | 'bad' | 'caution' | 'busy' | 'idle'
  text: string
} => {
  if (outcome === 'passed') return { tone: 'good', text: 'Passed' }
  if (outcome === 'failed') return { tone: 'bad', text: 'Failed' }
  if (outcome === 'degraded') return { tone: 'bad', text: 'Degraded' }
  if (outcome === 'stopped') return { tone: 'caution', text: 'Stopped' }
  if (state === 'finished') return { tone: 'caution', text: 'Ended' }
  const text = state.charAt(0).toUpperCase() + state.slice(1)
  return { tone: state === 'queued' || state === 'configuring' || state === 'ready' ? 'idle' : 'busy', text }
}

/** The two that are compared: a third takes the place of the one chosen first. */
export const choose = (chosen: readonly string[], id: string, isOn: boolean): string[] => {
  const others = chosen.filter((other) => other !== id)
  return isOn ? [...others, id].slice(-2) : others
}

/** `3 drivers: 2 idle, 1 running.` `most`: so many are started here as runs need them; `null`: they come by themselves. */
export const describeDrivers = (drivers: Readonly<Record<string, number>>, most: number | null): string => {
  const states = Object.entries(drivers)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => compare(a, b))
  const total = states.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0 && most !== null) return `Drivers start with a run, up to ${most}.`
  if (total === 0) return 'No driver is there: runs wait until one comes.'
  return `${total} ${total === 1 ? 'driver' : 'drivers'}: ${states.map(([state, count]) => `${count} ${state}`).join(', ')}.`
}

export const describeQueue = (queued: number): string => {
  if (queued === 0) return 'No run waits.'
  return queued === 1 ? '1 run waits for drivers.' : `${queued} runs wait for drivers.`
}

import type { Clock } from '../lib/clock.ts'
import type { ApiClient } from './api-client.ts'

/** Time, as far as a page needs it. */
export type PageClock = Pick<Clock, 'nowMs' | 'wallMs' | 'after'>

/** What a route of the page shows: `#/`, `#/runs/ID`, `#/compare/A/B`. */
export interface Page {
  /** Of the document: `shop, running`. May change; the shell looks at it when `onTitle` was called. */
  readonly title: string
  readonly element: HTMLElement
  /** Ends its requests, streams and timers. */
  close(): void
}

/** What every page is given. */
export interface PageContext {
  api: ApiClient
  clock: PageClock
  /** To screen readers, politely: at most one sentence in 5 s, the latest of those that wait. */
  announce(sentence: string): void
  /** At once, and visible: stale, failed. An empty text takes it away. */
  alert(sentence: string): void
  /** To another route: `#/runs/ID`. */
  go(hash: string): void
  onTitle(): void
  /** State for tests and for whoever looks: `data-NAME` of the root element. */
  mark(name: 'conn' | 'seq' | 'run', value: string): void
}

export type OpenPage = (context: PageContext, path: readonly string[], query: URLSearchParams) => Page

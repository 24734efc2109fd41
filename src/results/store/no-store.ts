import { neverLost, type ResultsStore } from './results-store.ts'

/** Keeps nothing: for `--store none`. */
export const noStore: ResultsStore = {
  lock: async () => ({ isHeld: true, lost: neverLost, release: async () => {} }),
  createRun: async () => {},
  appendEvent: async () => {},
  unfinishedRuns: async () => [],
  readJournal: async () => undefined,
  putSeconds: async () => {},
  addToSecond: async () => {},
  async *readSeconds() {},
  putResult: async () => {},
  readResult: async () => undefined,
  listRuns: async () => [],
  deleteRun: async () => false,
  addOrphan: async () => {},
  listOrphans: async () => [],
  close: async () => {},
}

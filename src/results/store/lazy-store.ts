import type { ResultsStore } from './results-store.ts'

/**
 * A store that is opened with its first use: whoever starts does not wait for it. An opening that fails rejects that one
 * call with what it rejects with, and the next tries again.
 */
export const lazyStore = (open: () => Promise<ResultsStore>): ResultsStore => {
  let opening: Promise<ResultsStore> | undefined
  const opened = (): Promise<ResultsStore> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    lock: async () => (await opened()).lock(),
    createRun: async (run) => (await opened()).createRun(run),
    appendEvent: async (...event) => (await opened()).appendEvent(...event),
    unfinishedRuns: async () => (await opened()).unfinishedRuns(),
    readJournal: async (runId) => (await opened()).readJournal(runId),
    putSeconds: async (...rows) => (await opened()).putSeconds(...rows),
    addToSecond: async (...addition) => (await opened()).addToSecond(...addition),
    async *readSeconds(...span) {
      yield* (await opened()).readSeconds(...span)
    },
    putResult: async (...result) => (await opened()).putResult(...result),
    readResult: async (runId) => (await opened()).readResult(runId),
    listRuns: async (query) => (await opened()).listRuns(query),
    deleteRun: async (runId) => (await opened()).deleteRun(runId),
    addOrphan: async (orphan) => (await opened()).addOrphan(orphan),
    listOrphans: async () => (await opened()).listOrphans(),
    // What was never opened, or could not be, has nothing to close.
    close: async () => {
      const store = await opening?.catch(() => undefined)
      await store?.close()
    },
  }
}

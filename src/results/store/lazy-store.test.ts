import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../../lib/errors.ts'
import { lazyStore } from './lazy-store.ts'
import { noStore } from './no-store.ts'

describe('a store that is opened when it is used', () => {
  it('is opened once, by the first use, and closed with it', async () => {
    let opened = 0
    let closed = 0
    const store = lazyStore(async () => {
      opened++
      return {
        ...noStore,
        close: async () => {
          closed++
        },
      }
    })
    assert.equal(opened, 0)
    await Promise.all([store.listRuns({ limit: 1 }), store.listOrphans(), store.readResult('r-1')])
    const seconds = []
    for await (const second of store.readSeconds('r-1')) seconds.push(second)
    assert.deepEqual([opened, seconds.length], [1, 0])
    await store.close()
    assert.equal(closed, 1)
  })

  it('that was never used has nothing to close', async () => {
    const store = lazyStore(async () => assert.fail('it was opened'))
    await store.close()
  })

  it('rejects while it cannot be opened, and tries again with the next use', async () => {
    let attempts = 0
    const store = lazyStore(async () => {
      attempts++
      if (attempts === 1) throw new AppError('STORE_UNAVAILABLE', 'no disk')
      return noStore
    })
    await assert.rejects(store.listRuns({ limit: 1 }), /no disk/)
    assert.deepEqual(await store.listRuns({ limit: 1 }), [])
    assert.equal(attempts, 2)
  })
})

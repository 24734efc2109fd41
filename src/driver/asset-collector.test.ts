import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AssetMessage } from '../bus/messages.ts'
import { splitAsset } from '../orchestrator/test-config.ts'
import { AssetCollector } from './asset-collector.ts'

const sha256Of = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const cut = (content: Buffer, parts: number, sha256 = sha256Of(content)): AssetMessage[] =>
  Array.from({ length: parts }, (_, part) => ({
    sha256,
    size_bytes: content.length,
    part,
    parts,
    data: content
      .subarray(
        Math.floor((part * content.length) / parts),
        Math.floor(((part + 1) * content.length) / parts),
      )
      .toString('base64'),
  }))

const never = new AbortController().signal

const isThere = async (collector: AssetCollector, hash: string): Promise<boolean> => {
  const controller = new AbortController()
  const found = collector.collect([hash], controller.signal).then(
    () => true,
    () => false,
  )
  controller.abort()
  return found
}

test('puts a file together from its parts in any order, with any of them twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 12 }),
      fc.infiniteStream(fc.nat()),
      async (bytes, parts, draws) => {
        const content = Buffer.from(bytes)
        const messages = cut(content, parts)
        const shuffled = [...messages, ...messages.slice(0, 3)]
          .map((message) => ({ message, at: draws.next().value }))
          .sort((a, b) => a.at - b.at)
        const collector = new AssetCollector()
        const files = collector.collect([sha256Of(content)], never)
        for (const { message } of shuffled) collector.add(message)
        assert.deepEqual((await files).get(sha256Of(content)), content)
      },
    ),
    { seed: 1, numRuns: 200 },
  )
})

test('takes what the orchestrator sends of a file of any size, the empty one too', async () => {
  for (const sizeBytes of [0, 1, 524_288, 524_289, 1_500_000]) {
    const content = Buffer.alloc(sizeBytes, 'abc')
    const collector = new AssetCollector()
    for (const part of splitAsset(sha256Of(content), content)) collector.add(part)
    const files = await collector.collect([sha256Of(content)], never)
    assert.ok(content.equals(files.get(sha256Of(content)) ?? new Uint8Array(1)), `${sizeBytes}`)
  }
})

test('a content that is not what its hash says is never handed out, and keeps no memory', async () => {
  const collector = new AssetCollector()
  const claimed = sha256Of(Buffer.from('the real one'))
  for (const message of cut(Buffer.from('another one'), 3, claimed)) collector.add(message)
  assert.equal(await isThere(collector, claimed), false)
  assert.equal(collector.totalBytes, 0)
  for (const message of cut(Buffer.from('the real one'), 2)) collector.add(message)
  assert.equal(await isThere(collector, claimed), true)
})

test('parts that cannot be are ignored, and another number of parts begins the file anew', async () => {
  const content = Buffer.from('0123456789')
  const [first, second] = cut(content, 2) as [AssetMessage, AssetMessage]
  const collector = new AssetCollector()
  for (const part of [2, 100, 0.5, 1e300]) collector.add({ ...first, part })
  assert.equal(collector.totalBytes, 0)
  collector.add(first)
  for (const message of cut(content, 5).slice(0, 4)) collector.add(message)
  collector.add(first)
  assert.equal(await isThere(collector, first.sha256), false)
  collector.add(second)
  assert.equal(await isThere(collector, first.sha256), true)
})

test('memory is bounded: by bytes, by many tiny unfinished files, by files of absurdly many parts', async () => {
  const maxBytes = 100_000
  const collector = new AssetCollector(maxBytes)
  const data = Buffer.alloc(20_000).toString('base64')
  for (let i = 0; i < 50; i++)
    collector.add({ sha256: sha256Of(Buffer.from(`${i}`)), size_bytes: 1e9, part: 0, parts: 2, data })
  assert.ok(collector.totalBytes <= maxBytes)
  for (let i = 0; i < 5000; i++) {
    const sha256 = sha256Of(Buffer.from(`tiny ${i}`))
    collector.add({ sha256, size_bytes: 1, part: 99_999, parts: 100_000, data: '' })
    assert.ok(collector.totalBytes <= maxBytes)
  }
  const one = sha256Of(Buffer.from('one'))
  for (let part = 0; part < 2000; part++)
    collector.add({ sha256: one, size_bytes: 1, part, parts: 100_000, data: 'AA==' })
  // The file that is being received is kept, whatever else goes; it is bounded by its number of parts.
  assert.ok(collector.totalBytes <= 500 + 2000 * 201)
  const content = Buffer.from('a file that is wanted')
  for (const message of cut(content, 4)) collector.add(message)
  assert.equal(await isThere(collector, sha256Of(content)), true)
})

test('the wait ends with the reason of who bounds it, and several may wait', async () => {
  const collector = new AssetCollector()
  const content = Buffer.from('x')
  const controller = new AbortController()
  const bounded = collector.collect([sha256Of(content), 'never'], controller.signal)
  const other = collector.collect([sha256Of(content)], never)
  for (const message of cut(content, 1)) collector.add(message)
  assert.equal((await other).size, 1)
  controller.abort(new Error('too late'))
  await assert.rejects(bounded, /too late/)
  await assert.rejects(collector.collect(['never'], controller.signal), /too late/)
  assert.equal((await collector.collect([], controller.signal)).size, 0)
})

test('keeps nothing of a file that is larger than one may be, however many parts of it come', () => {
  const collector = new AssetCollector()
  const data = Buffer.alloc(3 * 2 ** 18).toString('base64')
  const sha256 = '0'.repeat(64)
  let most = 0
  for (let part = 0; part < 300; part++) {
    collector.add({ sha256, size_bytes: 1, part, parts: 100_000, data })
    most = Math.max(most, collector.totalBytes)
  }
  assert.ok(most < 66 * 2 ** 20, `${most} bytes`)
})

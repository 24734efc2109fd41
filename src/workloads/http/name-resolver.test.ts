import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { AllowList } from './allow-list.ts'
import { NameResolver } from './name-resolver.ts'

const createResolver = (hostname: string, answers: (string[] | Error)[], allowed = ['0.0.0.0/0', '::/0']) => {
  let nowMs = 0
  let lookups = 0
  const clock: Clock = { ...systemClock, nowMs: () => nowMs }
  const resolver = new NameResolver(hostname, {
    clock,
    allow: new AllowList(allowed),
    lookup: async () => {
      const answer = answers[Math.min(lookups, answers.length - 1)] ?? []
      lookups += 1
      if (answer instanceof Error) throw answer
      return answer.map((address) => ({ address }))
    },
  })
  return {
    resolver,
    take: () => resolver.take(nowMs),
    advance: (byMs: number) => {
      nowMs += byMs
    },
    lookups: () => lookups,
  }
}

test('Addresses are given out in turn, each first once a round', async () => {
  const { resolver, take } = createResolver('shop.test', [['10.0.0.1', '10.0.0.2', '10.0.0.3']])
  assert.equal(take(), undefined)
  assert.equal(await resolver.resolve(), undefined)
  assert.deepEqual(take(), ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  assert.deepEqual(take(), ['10.0.0.2', '10.0.0.3', '10.0.0.1'])
  assert.deepEqual(take(), ['10.0.0.3', '10.0.0.1', '10.0.0.2'])
  assert.deepEqual(take(), ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
})

test('An address is asked for again after 30 s, and callers at the same time share one look-up', async () => {
  const { resolver, take, advance, lookups } = createResolver('shop.test', [['10.0.0.1'], ['10.0.0.2']])
  await Promise.all([resolver.resolve(), resolver.resolve(), resolver.resolve()])
  assert.equal(lookups(), 1)
  advance(30_000)
  assert.deepEqual(take(), ['10.0.0.1'])
  advance(1)
  assert.equal(take(), undefined)
  await resolver.resolve()
  assert.deepEqual(take(), ['10.0.0.2'])
  assert.equal(lookups(), 2)
})

test('A literal address needs no look-up and never ages', async () => {
  for (const literal of ['127.0.0.1', '::1']) {
    const { resolver, take, advance, lookups } = createResolver(literal, [])
    await resolver.resolve()
    advance(1e9)
    assert.deepEqual(take(), [literal])
    assert.equal(lookups(), 0)
  }
})

test('Only addresses on the allow list are given out', async () => {
  const { resolver, take } = createResolver('shop.test', [['10.0.0.1', '93.184.216.34']], ['10.0.0.0/8'])
  assert.equal(await resolver.resolve(), undefined)
  assert.deepEqual(take(), ['10.0.0.1'])
  assert.deepEqual(take(), ['10.0.0.1'])
})

test('A name whose addresses leave the allow list is refused from then on', async () => {
  const { resolver, take, advance } = createResolver(
    'shop.test',
    [['10.0.0.1'], ['93.184.216.34']],
    ['10.0.0.0/8'],
  )
  await resolver.resolve()
  advance(30_001)
  assert.deepEqual(await resolver.resolve(), {
    unsent: 'notAllowed',
    detail: 'shop.test (93.184.216.34) is not on the allow list',
  })
  assert.equal(take(), undefined)
})

test('A literal outside the allow list is refused', async () => {
  const { resolver, take } = createResolver('93.184.216.34', [], ['10.0.0.0/8'])
  assert.deepEqual(await resolver.resolve(), {
    unsent: 'notAllowed',
    detail: '93.184.216.34 is not on the allow list',
  })
  assert.equal(take(), undefined)
})

test('A name that does not resolve is a failure of kind resolve', async () => {
  const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.test'), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
  })
  const { resolver } = createResolver('nowhere.test', [notFound, []])
  assert.deepEqual(await resolver.resolve(), {
    kind: 'resolve',
    detail: 'getaddrinfo ENOTFOUND nowhere.test',
    code: 'ENOTFOUND',
  })
  assert.deepEqual(await resolver.resolve(), {
    kind: 'resolve',
    detail: 'resolve ENODATA nowhere.test',
    code: 'ENODATA',
  })
})

test('An address that was passed over gets no turn until the next look-up; the last one stays', async () => {
  const { resolver, take, advance } = createResolver('localhost', [['::1', '127.0.0.1']])
  await resolver.resolve()
  resolver.passOver('::1')
  assert.deepEqual(take(), ['127.0.0.1'])
  resolver.passOver('127.0.0.1')
  assert.deepEqual(take(), ['127.0.0.1'])
  advance(30_001)
  await resolver.resolve()
  assert.deepEqual(take()?.toSorted(), ['127.0.0.1', '::1'])
})

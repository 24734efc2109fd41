import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileSource } from '../../api/compile-source.ts'
import { quickStartText } from './quick-start.ts'

const textOf = (url: string, rate = '100/s', duration = '30s'): string => {
  const made = quickStartText({ url, rate, duration })
  assert.ok('text' in made, JSON.stringify(made))
  return made.text
}

describe('the quick start', () => {
  it('writes a scenario as people write it', () => {
    assert.equal(
      textOf('http://localhost:8080'),
      'name: localhost\nhttp: http://localhost:8080\nload: { rate: 100/s, duration: 30s }\nslo: [ errors < 1% ]\n',
    )
    assert.equal(
      textOf(' shop.example/items?id=7 ', ' 6 k/min ', '5m'),
      [
        'name: shop.example',
        'http:',
        '  target: http://shop.example',
        '  requests:',
        '    - get: /items?id=7',
        'load: { rate: 6k/min, duration: 5m }',
        'slo: [ errors < 1% ]',
        '',
      ].join('\n'),
    )
    assert.match(textOf('http://no/', '20'), /name: "no"[\s\S]*rate: 20\/s/)
  })

  it('says of each field what is wrong with it', () => {
    assert.deepEqual(quickStartText({ url: 'ftp://x', rate: 'fast', duration: '30' }), {
      wrong: {
        url: 'Give a URL that begins with http:// or https://.',
        rate: 'Give a rate, such as 100/s.',
        duration: 'Give a duration, such as 30s or 5m.',
      },
    })
    for (const wrong of [
      { url: '', rate: '1/s', duration: '1s' },
      { url: 'http://[', rate: '1/s', duration: '1s' },
      { url: 'x', rate: '0', duration: '1s' },
      { url: 'x', rate: '1/s', duration: '0s' },
    ])
      assert.ok('wrong' in quickStartText(wrong), JSON.stringify(wrong))
  })

  it('is valid, and means what was typed, for every URL', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.webUrl({ withQueryParameters: true, validSchemes: ['http', 'https'] }),
        async (url) => {
          const { scenario } = await compileSource({ scenarioText: textOf(url) }, () => 1)
          const { origin } = new URL(url)
          assert.deepEqual(
            scenario.http.targets.map((target) => new URL(target).origin),
            [origin],
          )
        },
      ),
      { seed: 5, numRuns: 60 },
    )
  })
})

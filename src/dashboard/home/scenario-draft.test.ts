import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeptText } from '../shell/kept-text.ts'
import { bodyOf, keepDraft, readDraft, readVariables } from './scenario-draft.ts'

const storage = (): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> => {
  const texts = new Map<string, string>()
  return {
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => {
      texts.set(key, text)
    },
    removeItem: (key) => {
      texts.delete(key)
    },
  }
}

describe('a draft', () => {
  it('survives a reload, its variables do not', () => {
    const tab = storage()
    keepDraft(new KeptText(() => tab, 'draft'), {
      text: 'http: x',
      assets: { 'a.csv': 'YQ==' },
      env: { SECRET: 's' },
    })
    assert.deepEqual(readDraft(new KeptText(() => tab, 'draft')), {
      text: 'http: x',
      assets: { 'a.csv': 'YQ==' },
      env: {},
    })
    assert.equal(JSON.stringify(tab.getItem('groundswell.draft')).includes('SECRET'), false)
  })

  it('of which the files are too large is kept without them', () => {
    const kept = new KeptText(storage, 'draft')
    keepDraft(kept, { text: 'x', assets: { 'a.csv': 'A'.repeat(3_000_000) }, env: {} })
    assert.deepEqual(readDraft(kept), { text: 'x', assets: {}, env: {} })
  })

  it('that was spoilt is none', () => {
    for (const value of [null, '', '{', '1', '{"text":1}', 'null'])
      assert.equal(readDraft({ value }), undefined, String(value))
    assert.deepEqual(readDraft({ value: '{"text":"a","assets":[1]}' })?.assets, {})
  })

  it('is sent as YAML, or with what it names as JSON', () => {
    assert.deepEqual(bodyOf({ text: 'a', assets: {}, env: {} }), { yaml: 'a' })
    assert.deepEqual(bodyOf({ text: 'a', assets: {}, env: { B: 'c' } }), {
      json: { scenarioText: 'a', assets: {}, env: { B: 'c' } },
    })
  })

  it('has variables, a line each', () => {
    assert.deepEqual(readVariables('A=1\n\n  B_2=x = y \nC\n=3\n'), {
      env: { A: '1', B_2: 'x = y ' },
      wrongLines: [4, 5],
    })
  })
})

describe('a text that the browser keeps', () => {
  it('works where nothing may be kept, and forgets', () => {
    const refuse = (): never => {
      throw new Error('SecurityError')
    }
    for (const open of [refuse, () => ({ getItem: refuse, setItem: refuse, removeItem: refuse })]) {
      const kept = new KeptText(open, 'x')
      kept.value = 'a'
      assert.equal(kept.value, 'a')
      kept.value = null
      assert.equal(kept.value, null)
    }
  })
})

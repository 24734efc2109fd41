import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutText, html, Markup, tenth } from './markup.ts'

test('what is put into a template is text, unless it is markup', () => {
  const inner = html`<b>${'<i>'}</b>`
  assert.equal(
    html`<p title="${'"'}">${inner}${[inner, 1]}</p>`.text,
    '<p title="&quot;"><b>&lt;i&gt;</b><b>&lt;i&gt;</b>1</p>',
  )
  assert.equal(html`${null}${undefined}${false}${0}`.text, '0')
  assert.equal(html`${new Markup('<hr>')}`.text, '<hr>')
})

test('no text can leave its place, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const { text: rendered } = html`<p title="${text}">${text}</p>`
      assert.match(rendered, /^<p title="[^"<>]*">[^<>]*<\/p>$/)
      assert.doesNotMatch(rendered.replace(/&(amp|lt|gt|quot|#39);/g, ''), /&/)
      assert.doesNotMatch(rendered, /[\p{Cc}\p{Cf}\p{Cs}]/u)
    }),
    { seed: 5, numRuns: 300 },
  )
})

test('a long text is cut by characters, never within one', () => {
  assert.equal(cutText('short'), 'short')
  assert.equal(cutText('x'.repeat(201)), `${'x'.repeat(199)}…`)
  assert.equal(cutText('😀'.repeat(300), 3), '😀😀…')
  assert.equal(cutText('a\u0000\u001b[31mb\u202ec'), 'abc')
})

test('a coordinate has a tenth at most', () => assert.equal(tenth(1 / 3), 0.3))

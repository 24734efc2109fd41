/** What a page that shows texts from outside must never have, and what a page must have: a strict reading of our own HTML. */
export interface CheckedHtml {
  /** Empty for a page that is as it should be. */
  faults: string[]
  /** Everything between tags, entities resolved; without style sheets. */
  text: string
  /** What stands in scripts and blocks of data, in order. */
  scripts: { type: string | undefined; text: string }[]
  /** Elements in order. */
  elements: { name: string; attributes: Map<string, string> }[]
}

const voidElements = new Set(['meta', 'br'])
const forbidden = new Set([
  'iframe',
  'object',
  'embed',
  'link',
  'base',
  'form',
  'img',
  'image',
  'use',
  'a:xlink',
])
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const token = /<!DOCTYPE html>|<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<>]*")*)\s*(\/?)>|([^<]+)|(<)/g

const script = /<script(?: type="([\w/]+)")?>([\s\S]*?)<\/script/g

/** Which script may stand there is the caller's to say: see {@link CheckedHtml.scripts}. */
export const checkHtml = (page: string): CheckedHtml => {
  const scripts: CheckedHtml['scripts'] = []
  // What stands in a script is no markup, and it ends where it ends, whatever is in it.
  const html = page.replace(script, (whole, type: string | undefined, content: string) => {
    scripts.push({ type, text: content })
    return whole.replace(`>${content}</script`, () => '></script')
  })
  const faults: string[] = []
  const elements: CheckedHtml['elements'] = []
  const open: string[] = []
  const ids = new Set<string>()
  const references: string[] = []
  let text = ''
  let level = 0
  for (const [whole, closing, name, attributeText = '', selfClosing, plain, stray] of html.matchAll(token)) {
    if (stray !== undefined) faults.push('a stray <')
    if (plain !== undefined && open.at(-1) !== 'style') text += resolve(plain, faults)
    if (name === undefined) continue
    if (closing === '/') {
      const expected = open.pop()
      if (expected !== name) faults.push(`${whole} closes <${expected}>`)
      continue
    }
    if (forbidden.has(name.toLowerCase())) faults.push(`a <${name}>`)
    const attributes = new Map<string, string>()
    for (const [, key = '', value = ''] of attributeText.matchAll(/\s+([\w:-]+)="([^"]*)"/g)) {
      if (attributes.has(key)) faults.push(`${key} twice in ${whole}`)
      attributes.set(key, resolve(value, faults))
      if (
        /^(d|x|y|x1|x2|y1|y2|width|height|transform)$/.test(key) &&
        /NaN|Infinity|undefined|null/.test(value)
      )
        faults.push(`no number in ${whole.slice(0, 200)}`)
      if (/^on/i.test(key) || key === 'style' || key === 'srcdoc') faults.push(`${key} in ${whole}`)
      if (
        /(https?:)?\/\/|javascript:|data:/i.test(value) &&
        !(name === 'meta' && key === 'content') &&
        key !== 'aria-label'
      )
        faults.push(`an address in ${whole}`)
      for (const [, id = ''] of value.matchAll(/url\(#([^)]*)\)/g)) references.push(id)
    }
    const id = attributes.get('id')
    if (id !== undefined) {
      if (ids.has(id)) faults.push(`id ${id} twice`)
      ids.add(id)
    }
    const href = attributes.get('href')
    if (href !== undefined) {
      if (href.startsWith('#')) references.push(href.slice(1))
      else faults.push(`a link to ${href}`)
    }
    const labels = attributes.get('aria-labelledby')
    if (labels !== undefined) references.push(...labels.split(' '))
    const heading = Number(/^h([1-6])$/.exec(name)?.[1] ?? 0)
    if (heading > level + 1) faults.push(`h${heading} after h${level}`)
    if (heading > 0) level = heading
    elements.push({ name, attributes })
    if (selfClosing !== '/' && !voidElements.has(name)) open.push(name)
  }
  if (open.length > 0) faults.push(`not closed: ${open.join(' ')}`)
  for (const reference of references) if (!ids.has(reference)) faults.push(`there is no id ${reference}`)
  if (elements.filter(({ name }) => name === 'h1').length !== 1) faults.push('not one h1')
  if (elements[0]?.attributes.get('lang') === undefined) faults.push('no language')
  for (const { name, attributes } of elements)
    if (name === 'svg' && (attributes.get('role') !== 'img' || !attributes.get('aria-label')))
      faults.push('a picture without a description')
  // Line feeds are ours.
  const control = Array.from(html).find(
    (character) => character !== '\n' && /[\p{Cc}\p{Cf}\p{Cs}]/u.test(character),
  )
  if (control !== undefined) faults.push(`a control character, ${control.codePointAt(0)?.toString(16)}`)
  return { faults, text, scripts, elements }
}

const resolve = (text: string, faults: string[]): string =>
  text.replace(/&(?:(#?\w+);)?/g, (whole, name: string | undefined) => {
    const character = name === undefined ? undefined : entities[name]
    if (character === undefined) faults.push(`"${whole}" is no entity of ours`)
    return character ?? whole
  })

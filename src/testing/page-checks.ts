import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { findFaintTexts, findSmallTargets, findUnnamedPictures, markControls, readFocus } from './in-page.mjs'

/** What somebody who neither sees the page nor has a mouse needs of it: names, headings, sizes, contrast. */
export const assertAccessible = async (page: Page): Promise<void> => {
  const nodes = await readAccessibilityTree(page)
  const nameless = nodes.filter(({ role, name }) => namedRoles.has(role) && name === '')
  assert.deepEqual(nameless, [], 'controls and regions without a name')
  assertHeadings(nodes.filter(({ role }) => role === 'heading'))
  assert.deepEqual(await page.evaluate(findUnnamedPictures), [], 'pictures without words')
  assert.deepEqual(await page.evaluate(findSmallTargets), [], 'targets below 24 px')
  assert.deepEqual(await page.evaluate(findFaintTexts), [], 'texts with too little contrast')
  assert.notEqual(await page.title(), '')
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  assert.equal(await page.getByRole('main').count(), 1)
}

/** The Tab key reaches every control of the page, each shows that it has the focus, and none holds it. */
export const assertTabOrder = async (page: Page): Promise<void> => {
  await page.evaluate('document.activeElement?.blur()')
  const controls = await page.evaluate(markControls)
  const reached: number[] = []
  const unseen: string[] = []
  // Once around, and the stops that a browser adds of its own, such as boxes that scroll.
  for (let presses = 0; presses < 2 * controls.length + 10 && reached.length < controls.length; presses++) {
    await page.keyboard.press('Tab')
    const focus = await page.evaluate(readFocus)
    if (focus === null || reached.includes(focus.number)) continue
    reached.push(focus.number)
    if (!focus.isSeen) unseen.push(controls[focus.number] ?? '')
  }
  assert.deepEqual(
    controls.filter((_control, i) => !reached.includes(i)),
    [],
    'the Tab key does not reach these',
  )
  assert.deepEqual(unseen, [], 'these do not show that they have the focus')
  assert.deepEqual(
    reached,
    reached.toSorted((a, b) => a - b),
    'the order is not that of the page',
  )
}

interface AccessibleNode {
  role: string
  name: string
  level: number | undefined
}

/** In Chromium's words. */
const namedRoles = new Set([
  'button',
  'checkbox',
  'combobox',
  'DisclosureTriangle',
  'figure',
  'image',
  'img',
  'link',
  'navigation',
  'radio',
  'region',
  'searchbox',
  'slider',
  'spinbutton',
  'table',
  'textbox',
])

/** As Chromium computes it for assistive technology, without what is hidden from that. */
const readAccessibilityTree = async (page: Page): Promise<AccessibleNode[]> => {
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  await session.detach()
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, properties }) => ({
      role: String(role?.value ?? ''),
      name: String(name?.value ?? '').trim(),
      level: properties?.find((property) => property.name === 'level')?.value.value as number | undefined,
    }))
}

const assertHeadings = (headings: readonly AccessibleNode[]): void => {
  const told = headings.map(({ level, name }) => `${level} ${name}`).join('\n')
  assert.equal(headings[0]?.level, 1, told)
  assert.equal(headings.filter(({ level }) => level === 1).length, 1, told)
  for (const [i, { level = 0, name }] of headings.entries()) {
    assert.notEqual(name, '', told)
    assert.ok(level <= (headings[i - 1]?.level ?? 0) + 1, told)
  }
}

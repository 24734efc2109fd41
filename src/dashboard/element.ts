/**
 * Building the page's elements. Text is always text: there is no way from a string to markup here, and the page's policy
 * (`require-trusted-types-for 'script'`) forbids every other.
 */
export type Child = Node | string | number | null | undefined | false | readonly Child[]

export interface Attributes {
  readonly [name: string]: string | number | boolean | null | undefined | ((event: Event) => void)
}

/**
 * `element('button', { type: 'button', class: 'quiet', onclick: stop, disabled: isOver }, 'Stop')`. A function under `onNAME`
 * listens to NAME; `true` sets an attribute without a value; `false`, `null` and `undefined` leave it out.
 */
export const element = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.replace(/^on/, ''), value)
    else if (value === true) made.setAttribute(name, '')
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value))
  }
  append(made, children)
  return made
}

const append = (parent: Node, children: readonly Child[]): void => {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue
    if (Array.isArray(child)) append(parent, child)
    else parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)))
  }
}

/** What is said again and again costs nothing while it stays the same: no work for the page, none for a screen reader. */
export const setText = (node: Node, text: string): void => {
  if (node.textContent !== text) node.textContent = text
}

export const setAttribute = (node: Element, name: string, value: string | null): void => {
  if (node.getAttribute(name) === value) return
  if (value === null) node.removeAttribute(name)
  else node.setAttribute(name, value)
}

import { element, setAttribute, setText } from '../element.ts'
import type { ShellRoute } from './shell-route.ts'

const links = [{ name: 'home', hash: '#/', text: 'Runs' }] as const

/** How the page stands to the orchestrator: by what `mark('conn', ...)` said. */
const connections: Record<string, { tone: string; text: string }> = {
  asking: { tone: 'idle', text: 'Token wanted' },
  opening: { tone: 'idle', text: 'Connecting' },
  live: { tone: 'good', text: 'Connected' },
  stale: { tone: 'bad', text: 'No answer' },
  failed: { tone: 'bad', text: 'Failed' },
  hidden: { tone: 'idle', text: 'Not followed while hidden' },
  ended: { tone: 'idle', text: 'Not live' },
}

export interface ShellHead {
  showRoute(route: ShellRoute): void
  showConnection(state: string): void
}

/** Fills the header that the page came with. */
export const fillHead = (
  places: { pages: HTMLElement; tools: HTMLElement },
  version: string,
  tools: readonly HTMLElement[],
): ShellHead => {
  const anchors = links.map((link) => ({ link, anchor: element('a', { href: link.hash }, link.text) }))
  places.pages.replaceChildren(...anchors.map(({ anchor }) => anchor))
  const light = element('span', { class: 'light idle small' }, 'Connecting')
  places.tools.replaceChildren(
    light,
    ...tools,
    element('span', { class: 'dim small', title: 'Version of Groundswell' }, version),
  )
  return {
    showRoute: ({ name, unknown }) => {
      for (const { link, anchor } of anchors)
        setAttribute(anchor, 'aria-current', link.name === name && unknown === null ? 'page' : null)
    },
    showConnection: (state) => {
      const { tone, text } = connections[state] ?? { tone: 'idle', text: state }
      setAttribute(light, 'class', `light ${tone} small`)
      setText(light, text)
    },
  }
}

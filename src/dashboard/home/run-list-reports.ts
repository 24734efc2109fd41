import type { ApiClient } from '../api-client.ts'
import { element } from '../element.ts'

const reports = [
  { ending: 'html', name: 'HTML', type: 'text/html' },
  { ending: 'md', name: 'MD', type: 'text/markdown' },
  { ending: 'json', name: 'JSON', type: 'application/json' },
  { ending: 'csv', name: 'CSV', type: 'text/csv' },
] as const

export const reportPath = (id: string, ending: string): string =>
  `/api/runs/${encodeURIComponent(id)}/report.${ending}`

/**
 * Links to a run's reports. A link cannot carry a token: with one, what it leads to is fetched and saved as a file instead.
 * (Shown in a tab of our own making, a report would be of this page's origin, with its token.)
 */
export const createReportLinks = (
  api: ApiClient,
  id: string,
  onError: (error: unknown) => void,
): HTMLElement =>
  element(
    'span',
    { class: 'reports' },
    reports.map(({ ending, name, type }) =>
      element(
        'a',
        {
          href: reportPath(id, ending),
          target: '_blank',
          rel: 'noopener',
          'aria-label': `Report of ${id} as ${name}`,
          onclick: (event) => {
            if (!api.hasToken) return
            event.preventDefault()
            save(api, reportPath(id, ending), `${id}.${ending}`, type).catch(onError)
          },
        },
        name,
      ),
    ),
  )

const save = async (api: ApiClient, path: string, file: string, type: string): Promise<void> => {
  const url = URL.createObjectURL(new Blob([await api.text(path)], { type }))
  element('a', { href: url, download: file }).click()
  URL.revokeObjectURL(url)
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDirectory } from './run-program.ts'

/** What of Grafana's format our dashboard uses. */
export interface GrafanaDashboard {
  uid: string
  schemaVersion: number
  panels: GrafanaPanel[]
  templating: { list: GrafanaVariable[] }
  annotations: { list: { name: string; expr?: string; textFormat?: string }[] }
}

export interface GrafanaPanel {
  id: number
  type: string
  title: string
  description?: string
  gridPos: { x: number; y: number; w: number; h: number }
  fieldConfig?: { defaults: { unit?: string } }
  targets?: GrafanaTarget[]
}

export interface GrafanaTarget {
  refId: string
  datasource: { type: string; uid: string }
  expr: string
  legendFormat: string
  instant: boolean
  range: boolean
  format: string
}

export interface GrafanaVariable {
  name: string
  type: string
  query: string | { query: string }
  regex: string
  allValue?: string
}

export const grafanaDirectory = join(rootDirectory, 'deploy', 'grafana')

export const readGrafanaDashboard = (): GrafanaDashboard =>
  JSON.parse(readFileSync(join(grafanaDirectory, 'groundswell.json'), 'utf8')) as GrafanaDashboard

/** A query as Grafana sends it: `values` by the name of a variable. Throws where one has no value. */
export const substitute = (query: string, values: Readonly<Record<string, string>>): string =>
  query.replace(/\$\{(\w+)\}|\$(\w+)/g, (_all, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? ''
    const value = values[name]
    if (value === undefined) throw new Error(`no variable $${name} in ${query}`)
    return value
  })

/** Names of metrics in a query. */
export const metricsIn = (query: string): string[] => query.match(/\b(groundswell|process)_\w+/g) ?? []

/** Labels that a legend shows. */
export const labelsIn = (legend: string): string[] =>
  [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? '')

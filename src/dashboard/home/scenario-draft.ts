import type { KeptText } from '../shell/kept-text.ts'

/** What is in the editor. */
export interface ScenarioDraft {
  text: string
  /** Files that the scenario names, base64. */
  assets: Readonly<Record<string, string>>
  /** Values of environment variables that it names: these are not kept. */
  env: Readonly<Record<string, string>>
}

/** So much is kept over a reload: browsers have 5 MB for everything. */
const maxKept = 2_000_000

/** The draft of before, if there is one that can be read. */
export const readDraft = (kept: Pick<KeptText, 'value'>): ScenarioDraft | undefined => {
  if (kept.value === null) return undefined
  try {
    const { text, assets } = JSON.parse(kept.value) as Record<string, unknown>
    if (typeof text !== 'string') return undefined
    return { text, assets: isTexts(assets) ? assets : {}, env: {} }
  } catch {
    return undefined
  }
}

export const keepDraft = (kept: Pick<KeptText, 'value'>, { text, assets }: ScenarioDraft): void => {
  const all = JSON.stringify({ text, assets })
  kept.value = all.length <= maxKept ? all : JSON.stringify({ text, assets: {} })
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((text) => typeof text === 'string')

/** As the API takes it: plain YAML where there is nothing else to say. */
export const bodyOf = ({ text, assets, env }: ScenarioDraft): { yaml: string } | { json: unknown } => {
  if (Object.keys(assets).length === 0 && Object.keys(env).length === 0) return { yaml: text }
  return { json: { scenarioText: text, assets, env } }
}

/** `NAME=value`, a line each; what is no such line is counted. */
export const readVariables = (text: string): { env: Record<string, string>; wrongLines: number[] } => {
  const env: Record<string, string> = {}
  const wrongLines: number[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, name, value = ''] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name === undefined) wrongLines.push(index + 1)
    else env[name] = value
  }
  return { env, wrongLines }
}

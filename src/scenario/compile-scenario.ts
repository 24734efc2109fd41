import { basename } from 'node:path'
import { AssetStore, type ReadFile, readFileWithin } from './assets.ts'
import { buildHttp } from './build-http.ts'
import { buildLoad } from './build-load.ts'
import { loadFeeders } from './feeders.ts'
import {
  type Environment,
  type EnvironmentUse,
  interpolateDocument,
  retypeReferences,
} from './interpolation.ts'
import { faultsOfMeaning } from './meaning.ts'
import { applyOverrides } from './overrides.ts'
import { asList } from './quantities.ts'
import type { AssetReference, Feeder, Scenario } from './scenario.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import { type Fault, maxFaultsShown, type Path, ScenarioInvalid } from './scenario-faults.ts'
import { futureJobs, type ScenarioData, scenarioSchema } from './scenario-schema.ts'
import { faultsOfIssues, pathsOfIssues } from './schema-faults.ts'
import { isMap } from './strict-map.ts'
import { faultsOfTemplates } from './template-faults.ts'
import { recordView, type TextView, trueView } from './text-view.ts'

export interface LoadOptions {
  env: Environment
  /** `path.to.key=value`, each. */
  set?: readonly string[]
  /** A safe non-negative integer, for a scenario without a seed. */
  drawSeed: () => number
  /** How feeders and bodies are read; left out: from the file system. */
  readFile?: ReadFile
}

export interface LoadedScenario {
  scenario: Scenario
  /** Contents of its files, by the hexadecimal SHA-256. */
  assets: Map<string, Uint8Array>
  warnings: string[]
  /**
   * What may be shown, logged and stored: the same scenario with `***` for every password and token, and `${NAME}` for
   * every text of a request that came from the environment.
   */
  record: Scenario
  /** True: the scenario said no seed. */
  seedDrawn: boolean
  source: LoadedSource
}

/** All that a scenario was made of: read again elsewhere, without these files and this environment, it is the same one. */
export interface LoadedSource {
  /** Its name without a directory. */
  file: string
  /** As it was written; data where it never was a text. */
  content: { text: string } | { data: unknown }
  set: readonly string[]
  /** The variables that it reads, secrets among them. */
  env: Record<string, string>
  /** Its files, by the paths that it gives. */
  assets: ReadonlyMap<string, Uint8Array>
}

/** From raw data to a parsed scenario, or ScenarioInvalid with all faults. `directory` is where its files are. */
export const compileScenario = async (
  document: ScenarioDocument,
  earlierFaults: readonly Fault[],
  defaults: { name: string; directory: string },
  options: LoadOptions,
): Promise<LoadedScenario> => {
  const assets = new AssetStore(defaults.directory, options.readFile ?? readFileWithin)
  const content = contentOf(document, defaults.name)
  const overridden = applyOverrides(document, options.set ?? [])
  const environment = interpolateDocument(document, options.env)
  const parsed = parseTyped(document, environment)
  const http = isMap(document.data) && isMap(document.data.http) ? document.data.http : {}
  const { feeders, faults: feederFaults } = await loadFeeders(http.feeders, assets)
  const { bodies, faults: bodyFaults } = await loadBodies(http.requests, assets)

  const faults = [
    ...earlierFaults,
    ...overridden,
    ...environment.faults,
    ...withoutThoseAt(environment.faults, [
      ...(parsed.success ? [] : faultsOfIssues(parsed.error.issues, document)),
      ...feederFaults,
      ...bodyFaults,
      ...faultsOfTemplates(document, feeders),
      ...faultsOfMeaning(document),
    ]),
  ]
  if (faults.length > 0 || !parsed.success) throw listFaults(document, withoutOtherJobs(document, faults))

  const seed = parsed.data.seed ?? options.drawSeed()
  const build = (view: TextView): Scenario =>
    buildScenario(parsed.data, { document, view, assets, bodies, feeders, seed, name: defaults.name })
  return {
    scenario: build(trueView(document)),
    record: build(recordView(document)),
    assets: assets.contents,
    warnings: warningsOf(parsed.data),
    seedDrawn: parsed.data.seed === undefined,
    source: {
      file: basename(document.file),
      content,
      set: options.set ?? [],
      env: environment.values,
      assets: assets.files,
    },
  }
}

/** Before anything is changed in it. Data gets the name that it would have from its file. */
const contentOf = ({ tree, data }: ScenarioDocument, name: string): LoadedSource['content'] => {
  if (tree !== undefined) return { text: tree.text }
  return { data: isMap(data) ? structuredClone({ name, ...data }) : data }
}

/** By the schema; where it refuses texts that came whole from the environment, once more with their numbers. */
const parseTyped = (
  { data }: ScenarioDocument,
  environment: EnvironmentUse,
): ReturnType<typeof scenarioSchema.safeParse> => {
  const parsed = scenarioSchema.safeParse(data)
  if (parsed.success || environment.whole.length === 0) return parsed
  const faulty = new Set(pathsOfIssues(parsed.error.issues).map((path) => JSON.stringify(path)))
  const retyped = retypeReferences(environment, (path) => faulty.has(JSON.stringify(path)))
  return retyped ? scenarioSchema.safeParse(data) : parsed
}

/** Sorted as the reader meets them; the first ones placed, the others counted. */
export const listFaults = (document: ScenarioDocument, faults: readonly Fault[]): ScenarioInvalid => {
  const placed = withoutEchoes(faults.map((fault) => ({ fault, offset: document.offsetOf(fault) })))
  placed.sort((a, b) => a.offset - b.offset)
  const shown = placed.slice(0, maxFaultsShown).map(({ fault }) => document.place(fault))
  return new ScenarioInvalid(document.file, shown, placed.length)
}

interface PlacedFault {
  fault: Fault
  offset: number
}

/** Where the text itself is wrong, what the schema says of its remains would only mislead. */
const withoutEchoes = (faults: PlacedFault[]): PlacedFault[] => {
  const broken = new Set(faults.flatMap(({ fault, offset }) => (fault.range === undefined ? [] : [offset])))
  return broken.size === 0
    ? faults
    : faults.filter(({ fault, offset }) => fault.range !== undefined || !broken.has(offset))
}

/** A text that could not be resolved is empty: what else is said of it would only mislead. */
const withoutThoseAt = (unresolved: readonly Fault[], faults: Fault[]): Fault[] => {
  if (unresolved.length === 0) return faults
  const paths = new Set(unresolved.map(({ path }) => JSON.stringify(path)))
  return faults.filter(({ path }) => !paths.has(JSON.stringify(path)))
}

/** Where the file asks for another job, the absence of this one is no fault. */
const withoutOtherJobs = ({ data }: ScenarioDocument, faults: Fault[]): Fault[] =>
  isMap(data) && futureJobs.some((job) => job in data)
    ? faults.filter(({ path }) => !(path.length === 1 && (path[0] === 'http' || path[0] === 'load')))
    : faults

/** The files that requests send, by their path in the scenario. */
const loadBodies = async (
  requests: unknown,
  assets: AssetStore,
): Promise<{ bodies: Map<string, AssetReference>; faults: Fault[] }> => {
  const bodies = new Map<string, AssetReference>()
  const faults: Fault[] = []
  const visit = async (list: unknown, path: Path): Promise<void> => {
    if (!Array.isArray(list)) return
    for (const [i, operation] of list.entries()) {
      if (!isMap(operation)) continue
      await visit(operation.steps, [...path, i, 'steps'])
      if (typeof operation.file !== 'string' || operation.file === '') continue
      const asset = await assets.load(operation.file)
      const at = [...path, i, 'file']
      if (typeof asset !== 'string') bodies.set(JSON.stringify(at), asset.reference)
      else
        faults.push({
          path: at,
          message: `${operation.file}: ${asset}`,
          expected: 'a file, named from the directory of the scenario',
        })
    }
  }
  await visit(requests, ['http', 'requests'])
  return { bodies, faults }
}

interface BuildParts {
  document: ScenarioDocument
  view: TextView
  assets: AssetStore
  bodies: ReadonlyMap<string, AssetReference>
  feeders: ReadonlyMap<string, Feeder | undefined>
  seed: number
  name: string
}

const buildScenario = (data: ScenarioData, parts: BuildParts): Scenario => {
  const { document, view, assets, bodies, seed } = parts
  const drivers = data.drivers ?? 1
  const labels = Object.entries(data.labels ?? {}).map(([label, value]) => [
    label,
    document.textAt(['labels', label], value),
  ])
  const feeders = [...parts.feeders].flatMap(([name, feeder]) =>
    feeder === undefined ? [] : [[name, feeder] as const],
  )
  return {
    name: data.name ?? parts.name,
    seed,
    drivers,
    labels: Object.fromEntries(labels),
    start: {
      deadlineMs: data.start?.deadline ?? 10_000,
      atLeast: data.start?.atLeast ?? drivers,
      ...(data.start?.force ? { force: true } : {}),
    },
    http: buildHttp(data.http, {
      document,
      view,
      feeders: Object.fromEntries(feeders),
      absolute: (file) => assets.absolute(file),
      bodyFile: (path) => {
        const body = bodies.get(JSON.stringify(path))
        if (body === undefined) throw new Error(`no body was read for ${JSON.stringify(path)}`)
        return body
      },
    }),
    load: buildLoad(data.load),
    slo: asList(data.slo ?? []),
  }
}

const warningsOf = ({ http }: ScenarioData): string[] => {
  if (typeof http === 'string') return []
  return (http.requests ?? []).flatMap((operation, i) =>
    'capture' in operation && operation.capture !== undefined
      ? [`http.requests[${i}].capture has no effect: only later steps of a journey can use what is captured`]
      : [],
  )
}

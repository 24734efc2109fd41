import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { streamOf } from '../../lib/random.ts'
import type { Recorder } from '../../measuring/recorder.ts'
import type { Recorders } from '../../measuring/recorders.ts'
import type { HttpJob, JourneySpec, Operation, RequestSpec } from '../../scenario/scenario.ts'
import type { Origin } from './exchange.ts'
import { loadFeeder, noRow } from './feeder.ts'
import type { JourneyPlan, JourneyStepPlan } from './journey.ts'
import { OccurrenceCount, OperationChoice } from './operation-choice.ts'
import { compileRequest, type RequestPlan } from './request-plan.ts'
import type { NumberedFeeder, TemplateScope } from './text-template.ts'

/** An operation of the scenario against one target. */
export type CompiledOperation = {
  /** Of its place among the scenario's operations. */
  readonly number: number
  /** Where it counts when it is not sent at all: its own, and for a journey its first request's, so that the sum over requests holds it. */
  readonly recorders: readonly Recorder[]
  readonly feeders: readonly string[]
} & (
  | { readonly kind: 'request'; readonly plan: RequestPlan }
  | { readonly kind: 'journey'; readonly plan: JourneyPlan }
)

export interface OperationTableOptions {
  seed: number
  job: HttpJob
  /** This driver's number. */
  driver: number
  assets: ReadonlyMap<string, Uint8Array>
  recorders: Recorders
  clock: Clock
  userAgent: string
  originOf: (url: URL) => Origin
}

interface FeederUse extends NumberedFeeder {
  count: OccurrenceCount
}

/**
 * Everything that may be started, compiled, and which of it operation `index` is: the operation by its weight, the target in
 * turn, the rows by the operation's occurrence.
 */
export class OperationTable {
  readonly #choice: OperationChoice
  /** By target, then by operation. */
  readonly #operations: readonly (readonly CompiledOperation[])[]
  readonly #uses = new Map<string, FeederUse>()

  private constructor(options: OperationTableOptions, feeders: ReadonlyMap<string, NumberedFeeder>) {
    const { job, seed } = options
    this.#choice = new OperationChoice(
      seed,
      job.requests.map(({ weight }) => weight),
    )
    this.#operations = job.targets.map((text) => {
      const target = targetUrl(text)
      return job.requests.map((operation, number) =>
        compileOperation(operation, number, target, feeders, options),
      )
    })
    const [first = []] = this.#operations
    for (const [name, feeder] of feeders) {
      const users = first.filter((operation) => operation.feeders.includes(name))
      const count = new OccurrenceCount(
        this.#choice,
        users.map(({ number }) => number),
      )
      this.#uses.set(name, { ...feeder, count })
    }
  }

  /** Throws an AppError where something cannot be built. */
  static async compile(options: OperationTableOptions): Promise<OperationTable> {
    return new OperationTable(options, await loadFeeders(options))
  }

  get feederCount(): number {
    return this.#uses.size
  }

  /** Each once per target. */
  *requests(): Iterable<RequestPlan> {
    for (const operation of this.#operations.flat())
      if (operation.kind === 'request') yield operation.plan
      else for (const step of operation.plan.steps) if (step.kind === 'request') yield step.request
  }

  choose(index: number): CompiledOperation {
    const target = this.#operations.length === 1 ? 0 : index % this.#operations.length
    const operation = this.#operations[target]?.[this.#choice.choose(index)]
    if (operation === undefined) throw new AppError('INTERNAL', `There is no operation ${index}.`)
    return operation
  }

  /** The rows of the operation that was just chosen, into `rows` by feeder number. False: a feeder has none left for it. */
  drawRows(operation: CompiledOperation, rows: Int32Array): boolean {
    for (const name of operation.feeders) {
      const use = this.#uses.get(name)
      if (use === undefined) continue
      const row = use.rows.rowOf(use.count.current())
      if (row === noRow) return false
      rows[use.number] = row
    }
    return true
  }
}

const targetUrl = (text: string): URL => {
  if (URL.canParse(text)) return new URL(text)
  throw new AppError('SCENARIO_INVALID', `The target "${text}" is no URL here.`)
}

const loadFeeders = async ({
  job,
  assets,
  seed,
}: OperationTableOptions): Promise<Map<string, NumberedFeeder>> => {
  const feeders = new Map<string, NumberedFeeder>()
  for (const [name, feeder] of Object.entries(job.feeders)) {
    const bytes = assets.get(feeder.asset.sha256)
    if (bytes === undefined)
      throw new AppError(
        'INTERNAL',
        `The file of feeder ${name} (${feeder.asset.file}) did not reach this driver.`,
      )
    feeders.set(name, { number: feeders.size, rows: await loadFeeder(name, feeder, bytes, seed) })
  }
  return feeders
}

const compileOperation = (
  operation: Operation,
  number: number,
  target: URL,
  feeders: ReadonlyMap<string, NumberedFeeder>,
  options: OperationTableOptions,
): CompiledOperation => {
  const usedFeeders = new Set<string>()
  let expressions = 0
  const variables = new Set<string>()
  const compile = (spec: RequestSpec, inJourney: boolean): RequestPlan => {
    const scope: TemplateScope = {
      request: spec.name,
      sources: { seed: options.seed, driver: options.driver, clock: options.clock },
      feeders,
      variables,
      usedFeeders,
      nextStreamName: () => `value ${number}.${expressions++}`,
    }
    const recorder = options.recorders.request(spec.name)
    return compileRequest(spec, { ...options, target, recorder, inJourney }, scope)
  }
  if (operation.kind === 'request') {
    const plan = compile(operation, false)
    return { kind: 'request', number, plan, recorders: [plan.recorder], feeders: [...usedFeeders] }
  }
  const steps = compileSteps(operation, number, (spec) => {
    const plan = compile(spec, true)
    for (const { variable } of spec.captures) variables.add(variable)
    return plan
  })
  const recorder = options.recorders.journey(operation.name)
  const first = steps.find((step) => step.kind === 'request')
  return {
    kind: 'journey',
    number,
    plan: { recorder, steps },
    recorders: first === undefined ? [recorder] : [recorder, first.request.recorder],
    feeders: [...usedFeeders],
  }
}

const compileSteps = (
  journey: JourneySpec,
  number: number,
  compile: (spec: RequestSpec) => RequestPlan,
): JourneyStepPlan[] =>
  journey.steps.map((step, place) =>
    step.kind === 'request'
      ? { kind: 'request', request: compile(step) }
      : { kind: 'think', minMs: step.minMs, maxMs: step.maxMs, stream: streamOf(`think ${number}.${place}`) },
  )

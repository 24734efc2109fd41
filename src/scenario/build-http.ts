import { type BuildContext, buildAuth, buildHeaders, buildRequest } from './build-request.ts'
import type { HttpData } from './http-schema.ts'
import { defaultJourneyName, ownUrlOf } from './operation-names.ts'
import { asList } from './quantities.ts'
import { isJourney, type JourneyData, type OperationData, type RequestData } from './request-schema.ts'
import type { Feeder, HttpJob, Operation, Step, TlsSettings } from './scenario.ts'
import type { Path } from './scenario-faults.ts'
import { given } from './strict-map.ts'
import { normaliseWeights } from './weights.ts'

export interface HttpContext extends BuildContext {
  feeders: Readonly<Record<string, Feeder>>
  /** A path of the scenario as an absolute one. */
  absolute(file: string): string
}

/** The HTTP job of a scenario that the schema has accepted; just a URL stands for its target. */
export const buildHttp = (http: string | HttpData, context: HttpContext): HttpJob => {
  const data: HttpData = typeof http === 'string' ? { target: http } : http
  const { targets, ownRequest } = buildTargets(asList(data.target), data.requests !== undefined)
  const auth = buildAuth(data.auth, ['http', 'auth'], context.view)
  return {
    targets,
    timeoutMs: data.timeout ?? 10_000,
    connectTimeoutMs: data.connectTimeout ?? 3_000,
    connections: data.connections ?? 100,
    reuse: data.reuse ?? true,
    ...given('maxConnectionAgeMs', data.maxConnectionAge),
    idleTimeoutMs: data.idleTimeout ?? 4_000,
    localAddresses: data.localAddresses ?? [],
    tls: buildTls(data.tls, context),
    headers: buildHeaders(data.headers, ['http', 'headers'], context.view),
    ...given('auth', auth),
    redirects: data.redirects ?? 0,
    maxHeadBytes: data.maxHead ?? 65_536,
    maxKeptBodyBytes: data.maxKeptBody ?? 1_048_576,
    preflight: data.preflight ?? true,
    feeders: { ...context.feeders },
    requests: buildOperations(data.requests ?? [ownRequest], context),
  }
}

/** Without requests the target's own path is the request, so it is taken off the target. */
const buildTargets = (
  targets: readonly string[],
  hasRequests: boolean,
): { targets: string[]; ownRequest: RequestData } => {
  const [first = 'builtin'] = targets
  return {
    targets: targets.map((target) => {
      if (target === 'builtin') return target
      const { origin, pathname } = new URL(target)
      return hasRequests ? `${origin}${pathname.replace(/\/$/, '')}` : origin
    }),
    ownRequest: { get: ownUrlOf(first) },
  }
}

const buildTls = (data: HttpData['tls'], { absolute }: HttpContext): TlsSettings => {
  const file = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolute(path)
  return {
    ...given('caFile', file(data?.ca)),
    ...given('certFile', file(data?.cert)),
    ...given('keyFile', file(data?.key)),
    insecure: data?.insecure ?? false,
    ...given('serverName', data?.serverName),
    resume: data?.resume ?? true,
  }
}

const buildOperations = (data: readonly OperationData[], context: HttpContext): Operation[] => {
  const weights = normaliseWeights(data.map((operation) => operation.weight ?? 1))
  return data.map((operation, i) => {
    const weight = weights[i] ?? 1
    const path = ['http', 'requests', i]
    return isJourney(operation)
      ? {
          kind: 'journey',
          name: operation.name ?? defaultJourneyName(i),
          weight,
          steps: buildSteps(operation.steps, [...path, 'steps'], context),
        }
      : buildRequest(operation, path, weight, context)
  })
}

const buildSteps = (steps: JourneyData['steps'], path: Path, context: HttpContext): Step[] =>
  steps.map((step, i) =>
    'think' in step ? { kind: 'think', ...step.think } : buildRequest(step, [...path, i], 1, context),
  )

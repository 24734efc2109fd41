import type { ScenarioInput } from './scenario-schema.ts'

export type { ScenarioInput } from './scenario-schema.ts'

/**
 * Types the data of a scenario module, and returns it as it is:
 *
 *     export default defineScenario({ http: 'http://localhost:8080/', load: { rate: '500/s', duration: '10s' } })
 */
export const defineScenario = (scenario: ScenarioInput): ScenarioInput => scenario

import type { Validation } from '../../api/answer-schemas.ts'
import type { Timer } from '../../lib/clock.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { PageClock } from '../page.ts'
import { bodyOf, type ScenarioDraft } from './scenario-draft.ts'

export type Judgement =
  | { kind: 'empty' }
  | { kind: 'checking' }
  | { kind: 'valid'; validation: Validation }
  | { kind: 'invalid'; validation: Validation }
  /** Nobody could say: no answer, too large, too many at once. */
  | { kind: 'unknown'; problem: ApiProblem }

/** After the last key. */
const restMs = 250
/** What could not be judged is asked again. */
const againMs = 3000

/**
 * Judges a draft while it is typed. Only of the newest text anything is said: an older question is given up.
 *
 *   empty, valid, invalid, unknown   a new draft      checking (asked after a rest of 250 ms)
 *   checking                         a new draft      checking (the older question is aborted)
 *   checking                         an answer        valid, invalid, or unknown
 *   unknown                          3 s              checking
 */
export class ScenarioValidator {
  readonly #api: Pick<ApiClient, 'post'>
  readonly #clock: PageClock
  readonly #tell: (judgement: Judgement) => void
  #timer: Timer | undefined
  #question: AbortController | undefined

  constructor(api: Pick<ApiClient, 'post'>, clock: PageClock, tell: (judgement: Judgement) => void) {
    this.#api = api
    this.#clock = clock
    this.#tell = tell
  }

  judge(draft: ScenarioDraft): void {
    this.close()
    const isEmpty = draft.text.trim() === ''
    this.#tell({ kind: isEmpty ? 'empty' : 'checking' })
    if (isEmpty) return
    this.#timer = this.#clock.after(restMs, () => void this.#ask(draft))
  }

  close(): void {
    this.#timer?.cancel()
    this.#question?.abort()
    this.#question = undefined
  }

  async #ask(draft: ScenarioDraft): Promise<void> {
    const question = new AbortController()
    this.#question = question
    const judgement = await this.#api
      .post<Validation>('/api/scenarios/validate', bodyOf(draft), question.signal)
      .then(
        (validation): Judgement => ({ kind: validation.valid ? 'valid' : 'invalid', validation }),
        (error: unknown): Judgement => ({ kind: 'unknown', problem: asProblem(error) }),
      )
    if (this.#question !== question) return
    this.#question = undefined
    this.#tell(judgement)
    const { kind } = judgement
    if (kind === 'unknown' && isPassing(judgement.problem))
      this.#timer = this.#clock.after(againMs, () => void this.#ask(draft))
  }
}

const isPassing = ({ status }: ApiProblem): boolean => status === 0 || status === 429 || status >= 500

export const asProblem = (error: unknown): ApiProblem =>
  error instanceof ApiProblem
    ? error
    : new ApiProblem({
        status: 0,
        code: 'INTERNAL',
        detail: error instanceof Error ? error.message : String(error),
      })

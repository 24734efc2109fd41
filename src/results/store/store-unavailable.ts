import { AppError } from '../../lib/errors.ts'

/** STORE_UNAVAILABLE, and why in words that name neither file nor server: those may be told to clients of the API. */
export class StoreUnavailable extends AppError {
  readonly reason: string

  /** `place`: the store as its owner knows it. */
  constructor(place: string, reason: string, options: { cause?: unknown } = {}) {
    super('STORE_UNAVAILABLE', `The results store ${place} cannot be used: ${reason}.`, options)
    this.reason = reason
  }
}

import { AppError } from '../../lib/errors.ts'

/** STORE_UNAVAILABLE, and why. */
export class StoreUnavailable extends AppError {
  /** In words that name neither file nor server, so that clients of the API may know; undefined where there are none. */
  readonly publicReason: string | undefined

  /** `place`: the store as its owner knows it. `isPublic`: the reason is as described. */
  constructor(place: string, reason: string, options: { cause?: unknown; isPublic: boolean }) {
    super('STORE_UNAVAILABLE', `The results store ${place} cannot be used: ${reason}.`, {
      cause: options.cause,
    })
    this.publicReason = options.isPublic ? reason : undefined
  }
}

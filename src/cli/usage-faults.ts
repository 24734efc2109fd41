import { AppError, errorCatalogue } from '../lib/errors.ts'

/** What is wrong with the options of a command, told all at once. */
export class UsageFaults {
  readonly #texts: string[] = []

  add(text: string): void {
    this.#texts.push(text)
  }

  /** What `work` gives; undefined where it threw USAGE, which is kept. Everything else it throws is thrown. */
  async collect<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'USAGE') throw error
      const { message, hint } = error
      this.add(hint === errorCatalogue.USAGE.hint ? message : `${message} ${hint}`)
      return undefined
    }
  }

  /** Throws one USAGE with every fault. */
  throwIfAny(): void {
    if (this.#texts.length > 0) throw new AppError('USAGE', this.#texts.join('\n  '))
  }
}

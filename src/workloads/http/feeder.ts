import { AppError, messageOf } from '../../lib/errors.ts'
import { drawInteger, streamOf } from '../../lib/random.ts'
import type { Feeder } from '../../scenario/scenario.ts'
import { Permutation } from './permutation.ts'

/** No row: every row was used once and must not be used again. */
export const noRow = -1

/**
 * The rows of a CSV file and the rule by which operations get them. Which row an operation gets is a pure function of the
 * seed and of its occurrence among the operations that use the feeder (see `operation-choice.ts`):
 *
 *   sequential           occurrence mod rows
 *   sequential, unique   occurrence, and none after the last
 *   random               a draw
 *   random, unique       the occurrence's place in a seeded order of the rows, and none after the last
 */
export class FeederRows {
  readonly #cells: readonly (readonly string[])[]
  readonly #columns: ReadonlyMap<string, number>
  readonly #order: Feeder['order']
  readonly #unique: boolean
  readonly #seed: number
  readonly #stream: number
  readonly #permutation: Permutation

  /** `cells`: of the rows below the header, in the order of `feeder.columns`. */
  constructor(name: string, feeder: Feeder, cells: readonly (readonly string[])[], seed: number) {
    this.#cells = cells
    this.#columns = new Map(feeder.columns.map((column, place) => [column, place]))
    this.#order = feeder.order
    this.#unique = feeder.unique
    this.#seed = seed
    this.#stream = streamOf(`feeder ${name}`)
    this.#permutation = new Permutation(this.#cells.length, seed, this.#stream, 0)
  }

  /** The row for this occurrence, or {@link noRow}. */
  rowOf(occurrence: number): number {
    const rows = this.#cells.length
    if (this.#unique && occurrence >= rows) return noRow
    if (this.#order === 'sequential') return occurrence % rows
    return this.#unique
      ? this.#permutation.at(occurrence)
      : drawInteger(this.#seed, this.#stream, occurrence, 0, rows - 1)
  }

  /** Undefined where the file has no such column. */
  columnNumber(column: string): number | undefined {
    return this.#columns.get(column)
  }

  cell(row: number, column: number): string {
    return this.#cells[row]?.[column] ?? ''
  }
}

/** Reads the file of a feeder. Throws an AppError where it is not what the scenario says it is. */
export const loadFeeder = async (
  name: string,
  feeder: Feeder,
  bytes: Uint8Array,
  seed: number,
): Promise<FeederRows> => {
  // Loaded only here: most scenarios have no feeder.
  const { parse } = await import('csv-parse/sync')
  const { file } = feeder.asset
  let table: string[][]
  try {
    table = parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      bom: true,
      skip_empty_lines: true,
    })
  } catch (error) {
    throw new AppError('FEEDER_INVALID', `Feeder ${name} (${file}): ${messageOf(error)}`, { cause: error })
  }
  const [header = [], ...rows] = table
  if (rows.length === 0) throw new AppError('FEEDER_INVALID', `Feeder ${name} (${file}) has no rows.`)
  if (rows.length !== feeder.rows || header.length !== feeder.columns.length)
    throw new AppError(
      'FEEDER_INVALID',
      `Feeder ${name} (${file}) has ${rows.length} rows of ${header.length} columns here, but the scenario was read with ${feeder.rows} of ${feeder.columns.length}.`,
    )
  return new FeederRows(name, feeder, rows, seed)
}

import { bodilessFixtures } from './http-fixtures/bodiless.ts'
import { chunkedFixtures } from './http-fixtures/chunked.ts'
import { contentLengthFixtures } from './http-fixtures/content-length.ts'
import type { HttpFixture } from './http-fixtures/fixture.ts'
import { headerFieldFixtures } from './http-fixtures/header-fields.ts'
import { statusLineFixtures } from './http-fixtures/status-line.ts'
import { transferEncodingFixtures } from './http-fixtures/transfer-encoding.ts'

/**
 * Answers of HTTP/1.1 servers, good and bad, as a table of octets. What happens around one (idle connections, refused
 * ones, names, certificates: numbers 37 and 210 to 218) is tested with the client.
 */
export const httpFixtures: readonly HttpFixture[] = [
  ...contentLengthFixtures,
  ...chunkedFixtures,
  ...transferEncodingFixtures,
  ...bodilessFixtures,
  ...statusLineFixtures,
  ...headerFieldFixtures,
]

/**
 * One error type, one catalogue. A code decides the exit code, the HTTP status and the hint; `docs/errors.md` says
 * the same, and a test holds the two against each other.
 *
 * The target's failures are no errors here: they are measurements.
 */
export interface ErrorKind {
  /** What the process ends with; the table of exit codes is in {@link exitCodes}. */
  exitCode: number
  /** What the API answers with. */
  httpStatus: number
  /** What the user can do about it; an error may bring a better hint of its own. */
  hint: string
}

/** What a finished command tells its caller. */
export const exitCodes = {
  passed: 0,
  couldNotRun: 1,
  wrongUsage: 2,
  degraded: 97,
  sloCrossed: 99,
  interrupted: 130,
  terminated: 143,
} as const

const { couldNotRun, wrongUsage } = exitCodes

export const errorCatalogue = {
  INTERNAL: {
    exitCode: couldNotRun,
    httpStatus: 500,
    hint: 'This is a fault of Groundswell: please report it with the command, the scenario and this message.',
  },
  USAGE: {
    exitCode: wrongUsage,
    httpStatus: 400,
    hint: 'See --help.',
  },
  SCENARIO_INVALID: {
    exitCode: wrongUsage,
    httpStatus: 422,
    hint: 'Mend the lines named; `groundswell validate FILE` checks again without running.',
  },
  SCENARIO_UNREADABLE: {
    exitCode: wrongUsage,
    httpStatus: 400,
    hint: 'Check the path; `groundswell init` writes a first scenario.',
  },
  FEEDER_INVALID: {
    exitCode: wrongUsage,
    httpStatus: 422,
    hint: 'A feeder is a CSV file with a header line and the same number of cells in every row.',
  },
  TARGET_NOT_ALLOWED: {
    exitCode: wrongUsage,
    httpStatus: 403,
    hint: 'Start the driver with --allow-target HOST (or an address range) if you may load that host.',
  },
  TARGET_UNREACHABLE: {
    exitCode: couldNotRun,
    httpStatus: 502,
    hint: 'Start the target, or mend its address; `preflight: false` under http runs against it all the same.',
  },
  PORT_IN_USE: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'Choose another port, or 0 for any free one.',
  },
  OUTPUT_NOT_WRITABLE: {
    exitCode: couldNotRun,
    httpStatus: 500,
    hint: 'Choose another --out directory or make room; the summary above is complete.',
  },
  DRIVERS_MISSING: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'Start more drivers, ask for fewer, or set start: { atLeast: N } to begin with fewer.',
  },
  DRIVER_LIMIT: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'Raise the limit named on the driver, ask for fewer connections, or share them among more drivers.',
  },
  DRIVER_REJECTED: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'The driver says why; mend that and run again.',
  },
  BUS_CLOSED: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'The connection between orchestrator and drivers ended; run again.',
  },
  BUS_UNREACHABLE: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'Check --kafka HOST:PORT, that the broker is up, and that it advertises an address this machine can reach.',
  },
  BUS_UNAVAILABLE: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'The broker did not answer in time; what has to arrive is sent again when it is back.',
  },
  BUS_ACCESS_DENIED: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'Check the Kafka user, password file, mechanism and TLS settings, and what that user may do on the topics.',
  },
  MESSAGE_TOO_LARGE: {
    exitCode: couldNotRun,
    httpStatus: 413,
    hint: 'A message on the bus holds 1 MiB at most: make the scenario or its inline bodies smaller.',
  },
  UNSUITABLE_DRIVERS: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'Stop the drivers named, choose a load that they can carry out, or set start: { force: true }.',
  },
  ORCHESTRATOR_UNREACHABLE: {
    exitCode: couldNotRun,
    httpStatus: 502,
    hint: 'Check --orchestrator URL and that `groundswell orchestrator` is up there.',
  },
  ORCHESTRATOR_RESTARTED: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'The run had not begun when the orchestrator ended; start it again.',
  },
  UNAUTHORIZED: {
    exitCode: couldNotRun,
    httpStatus: 401,
    hint: 'Send the header "Authorization: Bearer TOKEN"; the command line reads it from GROUNDSWELL_TOKEN or --token-file.',
  },
  NOT_FOUND: {
    exitCode: wrongUsage,
    httpStatus: 404,
    hint: 'The routes are listed at /api/openapi.json.',
  },
  RUN_UNKNOWN: {
    exitCode: wrongUsage,
    httpStatus: 404,
    hint: 'The runs there are: `groundswell results list`, or GET /api/runs.',
  },
  RUN_EXISTS: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'Choose another id, or leave it out and get a new one.',
  },
  RUN_NOT_READY: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'Wait until its state is ready: GET /api/runs/ID says it, and the drivers that it waits for.',
  },
  RUN_BEGUN: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'A run is triggered once; create another one.',
  },
  RUN_FINISHED: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'It is over and cannot be steered; create another one.',
  },
  RUN_ACTIVE: {
    exitCode: couldNotRun,
    httpStatus: 409,
    hint: 'Stop the run first, or wait for its end.',
  },
  QUEUE_FULL: {
    exitCode: couldNotRun,
    httpStatus: 429,
    hint: 'Wait for a run to end, or stop one.',
  },
  BODY_TOO_LARGE: {
    exitCode: wrongUsage,
    httpStatus: 413,
    hint: 'Make the scenario or its inline bodies smaller.',
  },
  REQUEST_INVALID: {
    exitCode: wrongUsage,
    httpStatus: 400,
    hint: 'What each route takes is at /api/openapi.json.',
  },
  ORIGIN_REFUSED: {
    exitCode: couldNotRun,
    httpStatus: 403,
    hint: 'Use the address that the orchestrator printed; under another name, or from another site, a token is needed.',
  },
  METHOD_NOT_ALLOWED: {
    exitCode: wrongUsage,
    httpStatus: 405,
    hint: 'The header Allow names the methods that this route has.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    exitCode: wrongUsage,
    httpStatus: 415,
    hint: 'Send a scenario as application/yaml, anything else as application/json.',
  },
  STREAM_LIMIT: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'Close another stream of events, or poll GET /api/runs/ID.',
  },
  STORE_LOCKED: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'Another orchestrator owns this store: stop it, or choose another one with --store.',
  },
  STORE_UNAVAILABLE: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'Check --store, the disk, and that the database is up and takes this user.',
  },
  STORE_NEWER: {
    exitCode: couldNotRun,
    httpStatus: 503,
    hint: 'The store was written by a newer version: use that version, or another store.',
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorCatalogue

export interface AppErrorOptions {
  cause?: unknown
  /** Replaces the catalogue's hint. */
  hint?: string
}

/** The one error that a user may meet. `message` says what is wrong and where; `hint` how to mend it. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly hint: string

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? errorCatalogue[code].hint
  }

  get exitCode(): number {
    return errorCatalogue[this.code].exitCode
  }

  get httpStatus(): number {
    return errorCatalogue[this.code].httpStatus
  }
}

/** Any thrown value as an AppError: itself, or INTERNAL around it. */
export const toAppError = (thrown: unknown): AppError =>
  thrown instanceof AppError ? thrown : new AppError('INTERNAL', messageOf(thrown), { cause: thrown })

/** The text of any thrown value, on one line where several addresses were tried. Never throws itself. */
export const messageOf = (thrown: unknown): string => {
  if (thrown instanceof AggregateError && thrown.message === '')
    return thrown.errors.map(messageOf).join('; ')
  if (thrown instanceof Error) return thrown.message
  try {
    return String(thrown)
  } catch {
    return 'something that has no text was thrown'
  }
}

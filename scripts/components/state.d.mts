/** What `npm run components` records of one component that it started. */
export interface RecordedComponent {
  pid: number
  /** When the process began, in its system's words: a pid alone may have come to mean another process. */
  processStart: string
  port: number
  /** Where clients connect: `host:port` of Kafka, a superuser's `postgres://` URL of PostgreSQL. */
  url: string
  /** Thrown away when the component stops. */
  dataDirectory: string
  logFile: string
  /** Programs and folders with which tests start more of the same. */
  programs: Record<string, string>
}

export interface ComponentsState {
  kafka?: RecordedComponent
  postgres?: RecordedComponent
}

export const cacheDirectory: string
export const stateDirectory: string
export const stateFile: string
export const logFileOf: (name: string) => string
export const readState: () => ComponentsState
export const processStartOf: (pid: number) => string | undefined
export const isAlive: (component: Pick<RecordedComponent, 'pid' | 'processStart'>) => boolean

export const kafkaVersion: string
/** What was downloaded and made of it. */
export const kafkaDirectory: string
/** The jars of the broker and of its tools. */
export const kafkaLibsDir: string

export interface KafkaListener {
  /** Of the listener, in capitals; others may speak the same protocol. */
  name: string
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  port: number
  /** Where clients are told to connect; the port itself. */
  advertisedPort?: number
}

export interface KafkaPrograms {
  libsDir: string
  /** Classes that the JVM need not load one by one; missing or of another JVM, the start is slower. */
  archiveFile?: string | undefined
  /** 256. */
  heapMb?: number | undefined
}

export const kafkaProperties: (node: {
  dataDirectory: string
  controllerPort: number
  /** The first is for the node itself. */
  listeners: readonly KafkaListener[]
  properties?: Readonly<Record<string, string | number>>
}) => string

export const kafkaArguments: (
  programs: KafkaPrograms,
  jvmOptions: readonly string[],
  mainClass: string,
  ...args: string[]
) => string[]

export const formatArguments: (
  propertiesFile: string,
  scramUsers?: readonly { username: string; password: string }[],
) => string[]

export const isKafkaAnswering: (port: number) => Promise<boolean>

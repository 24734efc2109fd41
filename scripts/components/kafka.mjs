// One Kafka node from the jars that Maven brings.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  formatArguments,
  isKafkaAnswering,
  kafkaArguments,
  kafkaDirectory,
  kafkaLibsDir,
  kafkaProperties,
  kafkaVersion,
} from './kafka-server.mjs'
import {
  awaitHealth,
  ComponentFailure,
  endProcess,
  faultsIn,
  freePorts,
  makeDataDirectory,
  removeData,
  runLogged,
  say,
  startDetached,
} from './processes.mjs'
import { findJava, onPath } from './programs.mjs'
import { cacheDirectory, logFileOf } from './state.mjs'
import { systemTrustOptions } from './system-trust.mjs'

const javaMajor = 17
const mavenDependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1'
const jars = [
  ['org.apache.kafka', 'kafka_2.13', kafkaVersion],
  ['org.apache.kafka', 'kafka-tools', kafkaVersion],
  ['org.slf4j', 'slf4j-simple', '1.7.36'],
]

const pom = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>groundswell</groupId>
  <artifactId>components</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${jars
  .map(([group, artifact, jarVersion]) => {
    const coordinates = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${jarVersion}</version>`
    return `    <dependency>${coordinates}</dependency>`
  })
  .join('\n')}
  </dependencies>
</project>
`

/** The list of jars lies beside them: another list, other jars. */
const isDownloaded = () => {
  const downloaded = join(kafkaDirectory, 'pom.xml')
  return existsSync(kafkaLibsDir) && existsSync(downloaded) && readFileSync(downloaded, 'utf8') === pom
}

/** Whole or not at all: into a folder beside, then renamed. */
const download = async (java) => {
  say(`downloading Kafka ${kafkaVersion} by Maven, to ${kafkaLibsDir} ...`)
  mkdirSync(cacheDirectory, { recursive: true })
  const draft = mkdtempSync(join(cacheDirectory, 'download-'))
  const trust = mkdtempSync(join(tmpdir(), 'groundswell-trust-'))
  try {
    writeFileSync(join(draft, 'pom.xml'), pom)
    try {
      await copyJars(draft)
    } catch (error) {
      const options = /PKIX|certificat/i.test(error.message) ? systemTrustOptions(java.path, trust) : []
      if (options.length === 0) throw error
      say('  Java does not know an authority that this system trusts: once more with those of the system')
      await copyJars(draft, options)
    }
    if (isDownloaded()) return // by another, meanwhile
    rmSync(kafkaDirectory, { recursive: true, force: true })
    renameSync(draft, kafkaDirectory)
  } finally {
    rmSync(draft, { recursive: true, force: true })
    rmSync(trust, { recursive: true, force: true })
  }
}

const copyJars = async (directory, jvmOptions = []) => {
  const logFile = logFileOf('maven')
  rmSync(logFile, { force: true })
  let files = 0
  const args = [
    // A failure is tried again, not remembered.
    ...['--batch-mode', '--update-snapshots'],
    ...['--file', join(directory, 'pom.xml')],
    `${mavenDependencyPlugin}:copy-dependencies`,
    ...[`-DoutputDirectory=${join(directory, 'libs')}`, '-DincludeScope=runtime'],
  ]
  await runLogged('mvn', 'mvn', args, {
    logFile,
    env: { MAVEN_OPTS: [process.env.MAVEN_OPTS ?? '', ...jvmOptions].join(' ').trim() },
    progressOf: (line) => {
      if (line.includes('Downloaded from')) files++
      return `${files} files downloaded`
    },
  })
}

/** Starts a node with data and ports of its own. */
const startNode = async ({ java, archiveFile, jvmOptions = [], logFile, heapMb }) => {
  const dataDirectory = makeDataDirectory(tmpdir(), 'kafka')
  const [port, controllerPort] = await freePorts(2)
  const propertiesFile = join(dataDirectory, 'server.properties')
  const server = { libsDir: kafkaLibsDir, archiveFile, heapMb }
  writeFileSync(
    propertiesFile,
    kafkaProperties({
      dataDirectory: join(dataDirectory, 'log'),
      controllerPort,
      listeners: [{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', port }],
    }),
  )
  try {
    const format = kafkaArguments(server, [], 'kafka.tools.StorageTool', ...formatArguments(propertiesFile))
    rmSync(logFile, { force: true })
    await runLogged('formatting Kafka storage', java.path, format, { logFile })
    const main = kafkaArguments(server, jvmOptions, 'kafka.Kafka', propertiesFile)
    const process = await startDetached(java.path, main, { logFile, dataDirectory })
    const node = { ...process, port, url: `127.0.0.1:${port}`, dataDirectory, logFile }
    if (await awaitHealth(node, () => isKafkaAnswering(port))) return node
    await endProcess(node, 'SIGKILL')
    throw new ComponentFailure(`Kafka does not start; log: ${logFile}\n${faultsIn(logFile)}`)
  } catch (error) {
    removeData(dataDirectory)
    throw error
  }
}

/** Starts a node once for the classes that it loads, and keeps them. Without this archive all works, slower. */
const writeClassArchive = async (java, archiveFile) => {
  if (existsSync(archiveFile)) return
  say('preparing quick starts of Kafka (once) ...')
  const draft = `${archiveFile}.${process.pid}`
  const logFile = logFileOf('kafka-archive')
  try {
    const node = await startNode({ java, logFile, jvmOptions: [`-XX:ArchiveClassesAtExit=${draft}`] })
    await endProcess(node, 'SIGTERM')
    removeData(node.dataDirectory)
    renameSync(draft, archiveFile)
  } catch (error) {
    rmSync(draft, { force: true })
    say(`  not this time, starts will be slower: ${error.message}`)
  }
}

export const kafka = {
  name: 'kafka',
  title: `Kafka ${kafkaVersion}`,
  needs: () => [
    { what: `Java ${javaMajor}`, find: () => findJava(javaMajor), debianPackage: 'default-jre-headless' },
    ...(isDownloaded() ? [] : [{ what: 'Maven', find: () => onPath('mvn'), debianPackage: 'maven' }]),
  ],
  start: async () => {
    const java = findJava(javaMajor)
    if (!isDownloaded()) await download(java)
    const archiveFile = join(kafkaDirectory, `classes-${java.version}.jsa`)
    await writeClassArchive(java, archiveFile)
    say(`starting Kafka ${kafkaVersion} ...`)
    const node = await startNode({ java, archiveFile, logFile: logFileOf('kafka'), heapMb: 512 })
    return { ...node, programs: { javaPath: java.path, libsDir: kafkaLibsDir, archiveFile } }
  },
  isHealthy: ({ port }) => isKafkaAnswering(port),
  stopSignal: 'SIGTERM',
}

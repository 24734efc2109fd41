import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Client } from 'pg'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { freshDatabase, skipWithout } from '../../testing/components.ts'
import { ScriptedRun } from '../../testing/followed-run.ts'
import { sampleScenario } from '../../testing/sample-scenario.ts'
import { readAll } from '../../testing/sample-seconds.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { openStore } from './open-store.ts'
import { RunKeeper } from './run-keeper.ts'

/** A way to the database that a test cuts and mends. */
const openProxy = async (to: URL): Promise<{ url: string; cut(): void; mend(): void; close(): void }> => {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((inner) => {
    const outer = isCut ? undefined : connect(Number(to.port), to.hostname)
    for (const socket of [inner, outer]) {
      socket?.on('error', () => {})
      socket?.on('close', () => {
        inner.destroy()
        outer?.destroy()
      })
      if (socket !== undefined) sockets.add(socket)
    }
    if (outer === undefined) inner.destroy()
    else inner.pipe(outer).pipe(inner)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(to)
  url.port = String((server.address() as AddressInfo).port)
  url.hostname = '127.0.0.1'
  const cut = (): void => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    mend: () => {
      isCut = false
    },
    close: () => {
      cut()
      server.close()
    },
  }
}

test('a database that goes away during a run and comes back has all of it', {
  skip: skipWithout('postgres'),
}, async () => {
  await using database = await freshDatabase()
  const proxy = await openProxy(new URL(database.url))
  const lines: string[] = []
  const note = (line: string): void => {
    lines.push(line)
  }
  const keeper = new RunKeeper({
    store: () => openStore(proxy.url, { clock: systemClock, logger: silentLogger }),
    clock: systemClock,
    logger: { ...silentLogger, info: note, warn: note, error: note },
    isResumable: true,
  })
  const run = new ScriptedRun('r-1', Date.now())
  const direct = await openStore(database.url, { clock: systemClock, logger: silentLogger })
  const stored = async (): Promise<number> => (await readAll(direct, 'r-1')).length
  try {
    await keeper.create({ id: 'r-1', createdAtMs: 1, record: sampleScenario() })
    keeper.follow(run, sampleScenario())
    run.addSecond(10)
    await waitFor('the first second', async () => (await stored()) === 1, 30_000)

    proxy.cut()
    run.addSecond(20)
    await waitFor('the loss to be told', () => lines.length === 1, 30_000)
    await keeper.append('r-1', { type: 'triggered', atMs: 2, startAtMs: 3 })
    run.addSecond(30)
    proxy.mend()
    await waitFor('what was missing', async () => (await stored()) === 3, 60_000)

    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    await client.end()
    run.addSecond(40)
    await keeper.append('r-1', { type: 'closed', atMs: 4 })
    run.finish()
    assert.equal(await keeper.flush(60_000), true)
    assert.equal(await waitFor('an answer', () => stored().catch(() => undefined)), 4)
    assert.equal((await direct.readResult('r-1'))?.state, 'finished')
    assert.deepEqual(await direct.unfinishedRuns(), [])
    assert.match(lines[0] ?? '', /cannot be written/)
    assert.match(lines[1] ?? '', /written again/)
  } finally {
    await keeper.close()
    await direct.close()
    proxy.close()
  }
})

import { systemClock } from '../lib/clock.ts'
import { ScenarioReader } from './scenario-reader.ts'
import { RawBody } from './route.ts'
const r = new ScenarioReader({ clock: systemClock, drawSeed: () => 1, limits: { parseMs: 2000, scenarioBytes: 2 ** 20 } })
const ok = 'http: http://x/ping\nload: { rate: 5/s, duration: 1s }\n'
const run = async (name: string, type: 'json'|'yaml', text: string) => {
  const t = performance.now(); let max = 0, last = t
  const i = setInterval(() => { const n = performance.now(); max = Math.max(max, n - last); last = n }, 5)
  const bytes = Buffer.from(text)
  last = performance.now()
  const out = await r.read(new RawBody(type, bytes), true).then((x) => 'ok ' + JSON.stringify(x).length, (e) => `${e.code} ${e.message.slice(0, 120).replaceAll('\n', '|')} ${e.message.length}`)
  clearInterval(i)
  console.log(name, text.length, Math.round(performance.now() - t), 'ms; gap', Math.round(max), 'rss', Math.round(process.memoryUsage().rss / 1e6), out)
}
await run('ok', 'yaml', ok)
await run('ok', 'yaml', ok)
await run('brackets 4M', 'yaml', '['.repeat(4e6))
await run('brackets 1M', 'yaml', '['.repeat(1e6))
await run('- 1', 'yaml', '- 1\n'.repeat(250000))
await run('#', 'yaml', '#\n'.repeat(500000))
await run('k', 'yaml', Array.from({ length: 90000 }, (_, i) => `k${i}: 1`).join('\n'))
await run('json brackets', 'json', '['.repeat(32e6))
await run('json lists', 'json', '{"scenario":{"a":[' + '[],'.repeat(10e6) + '0]}}')
await run('json 190k', 'json', '{"scenario":{"a":[' + '[],'.repeat(90e3) + '0]}}')
await run('json env', 'json', JSON.stringify({ scenarioText: ok + 'labels: { a: "' + '${A}'.repeat(100e3) + '" }', env: { A: 'x'.repeat(500e3) } }))
await run('json env2', 'json', JSON.stringify({ scenarioText: ok + 'labels: { a: "' + '${A}'.repeat(10) + '" }', env: { A: 'x'.repeat(400e3) } }))
await run('keys', 'yaml', `http: { target: http://x, requests: [ { post: /, json: [ &a { ${'k'.repeat(20000)}: 1 }, ${'*a, '.repeat(200000)} ] } ] }\nload: { rate: 5/s, duration: 1s }`)
await run('set', 'json', JSON.stringify({ scenarioText: ok, set: ['http.requests[4000000000].get=/'] }))
await run('set2', 'json', JSON.stringify({ scenarioText: ok, set: Array.from({length:1000},(_,i)=>`labels.a${i}[${i*1000}]=1`) }))
await run('assets', 'json', JSON.stringify({ scenarioText: 'http: { target: http://x, feeders: { u: u.csv }, requests: [ { get: "/{{u.user}}" } ] }\nload: { rate: 5/s, duration: 1s }', assets: { 'u.csv': Buffer.from('user,token,n\n' + 'alice,abcdefghijklmnop,12345\n'.repeat(780000)).toString('base64') } }))
await run('regex', 'json', JSON.stringify({ scenarioText: `http: { target: http://x, requests: [ { get: /, check: { bodyMatches: "(a+)+$" } } ] }\nload: { rate: 5/s, duration: 1s }` }))
await run('quotes', 'yaml', 'password: '.repeat(100000))
await run('amps', 'yaml', '&a '.repeat(340000))
await run('merge', 'yaml', Array.from({length:20000},(_,i)=>`a${i}: &a${i} { ${i?`<<: *a${i-1},`:''} k${i}: 1 }`).join('\n'))
await run('at', 'yaml', 'a: "//' + 'a:'.repeat(400000) + '\n' )
await Promise.all(Array.from({ length: 6 }, (_, i) => run('par' + i, 'yaml', '['.repeat(1e6))))
await run('ok', 'yaml', ok)

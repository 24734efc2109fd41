import { readFileSync, writeFileSync } from 'node:fs'
import { renderWireDocument } from '../src/testing/describe-messages.ts'
import { renderScenarioDocument } from '../src/testing/describe-scenario.ts'

const rewrite = (file: string, render: (document: string) => string): void => {
  const url = new URL(`../docs/${file}`, import.meta.url)
  writeFileSync(url, render(readFileSync(url, 'utf8')))
}

rewrite('wire.md', renderWireDocument)
rewrite('scenario.md', renderScenarioDocument)

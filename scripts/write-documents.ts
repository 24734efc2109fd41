import { readFileSync, writeFileSync } from 'node:fs'
import { renderWireDocument } from '../src/testing/describe-messages.ts'
import { pictureFileOf, renderPacingDocument } from '../src/testing/describe-pacing.ts'
import { renderScenarioDocument } from '../src/testing/describe-scenario.ts'
import { drawPacing } from '../src/testing/draw-pacing.ts'

/*
 * Tables and pictures in `docs/` that the code knows better than a writer: made from the code, between the marks
 * `<!-- generated: NAME -->`. A test refuses a page that is older than the code.
 */

const rewrite = (file: string, render: (document: string) => string): void => {
  const url = new URL(`../docs/${file}`, import.meta.url)
  writeFileSync(url, render(readFileSync(url, 'utf8')))
}

rewrite('wire.md', renderWireDocument)
rewrite('scenario.md', renderScenarioDocument)

const pictures = await drawPacing()
for (const picture of pictures)
  writeFileSync(new URL(`../${pictureFileOf(picture)}`, import.meta.url), picture.svg)
rewrite('pacing.md', (document) => renderPacingDocument(document, pictures))

import { type Content, html, type Markup } from './markup.ts'

export interface HtmlColumn {
  heading: Content
  /** Numbers stand at the right. */
  isNumber?: boolean
}

/** So many rows are not broken in print: a heading shall not stay behind. */
const fitsOnPage = 15

/** A table with a caption that says what it holds; the first cell of a row is its heading. */
export const htmlTable = (
  caption: Content,
  columns: readonly HtmlColumn[],
  rows: readonly (readonly Content[])[],
): Markup =>
  html`<div class="${rows.length <= fitsOnPage ? 'pan short' : 'pan'}"><table cellpadding="4"><caption align="left">${caption}</caption><thead><tr>${columns.map(
    ({ heading, isNumber }) =>
      html`<th scope="col"${isNumber === true ? rightAligned : leftAligned}>${heading}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, i) =>
        i === 0
          ? html`<th scope="row"${leftAligned}>${cell}</th>`
          : html`<td${columns[i]?.isNumber === true && rightAligned}>${cell}</td>`,
      )}</tr>
`,
  )}</tbody></table></div>`

/** `align` is for where styles are forbidden, the class for where they are not. */
const leftAligned = html` align="left"`
const rightAligned = html` class="n" align="right"`

/** The numbers behind a chart, folded away. */
export const asTable = (
  caption: Content,
  columns: readonly HtmlColumn[],
  rows: readonly (readonly Content[])[],
): Markup => html`<details><summary>as table</summary>${htmlTable(caption, columns, rows)}</details>`

/** Names and what they stand for. */
export const facts = (pairs: readonly (readonly [name: Content, value: Content])[]): Markup =>
  html`<dl>${pairs.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
  )}</dl>`

export const section = (id: string, heading: string, ...content: readonly Content[]): Markup =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>
${content}</section>
`

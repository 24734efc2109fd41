/**
 * The one script of a report, as it stands in the page. It only adds reading off: a line through all charts of time at the
 * instant that is pointed at, and beside each chart what it says there; the heat map tells its cells besides. Arrow keys
 * do the same. Without it, nothing is missing but that.
 *
 * Each chart's data stand beside it, see `chart-data.ts`. What comes of them is text, never markup. Columns of the heat map
 * are as in `heat-column.ts`, figures as in `summary-text-figures.ts`.
 */
export const hoverScript = `(() => {
'use strict'
const charts = []
const digits = (value) => String(Number(value.toPrecision(3)))
const whole = (value) => Math.round(value).toLocaleString('en-US')
const time = (ms) => {
  if (ms === 0) return '0 ms'
  if (ms < 0.9995) return digits(ms * 1000) + ' us'
  if (ms < 999.5) return digits(ms) + ' ms'
  if (ms < 59950) return digits(ms / 1000) + ' s'
  const s = Math.round(ms / 1000)
  const parts = [[Math.floor(s / 3600), 'h'], [Math.floor(s % 3600 / 60), 'm'], [s % 60, 's']]
  return parts.map(([n, unit]) => n > 0 ? n + unit : '').join('')
}
const count = (n) => n >= 99.95 ? whole(n) : n >= 9.995 ? n.toFixed(1) : n >= 0.9995 || n === 0 ? n.toFixed(2) : n.toFixed(3)
const share = (part) => {
  const percent = part * 100
  if (percent === 0) return '0 %'
  if (percent < 0.01) return '<0.01 %'
  if (percent > 99.95 && percent < 100) return '>99.9 %'
  return percent.toFixed(percent >= 99.95 ? 0 : percent < 1 ? 2 : 1) + ' %'
}
const position = (seconds) => {
  const two = (n) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  const tail = ':' + two(seconds % 60)
  return minutes < 60 ? minutes + tail : Math.floor(minutes / 60) + ':' + two(minutes % 60) + tail
}
const counts = (text) => {
  const numbers = []
  let factor = 1
  let number = 0
  for (const character of atob(text)) {
    const byte = character.charCodeAt(0)
    number += (byte & 127) * factor
    factor *= 128
    if (byte > 127) continue
    numbers.push(number)
    factor = 1
    number = 0
  }
  const list = new Array(numbers[0] || 0).fill(0)
  for (let i = 1; i < numbers.length; i++) {
    list.push(numbers[i])
    if (numbers[i] === 0) for (let more = numbers[++i]; more > 0; more--) list.push(0)
  }
  return list
}
const startMs = (row) => 2 ** ((26 + row) / 8) / 1000
const span = ({ data }, column) => {
  const to = Math.min(data.seconds, (column + 1) * data.step)
  return position(column * data.step) + (to - column * data.step > 1 ? ' to ' + position(to) : '')
}
const cellText = ({ data }, column, row) => {
  const text = data.columns[column]
  if (typeof text !== 'string') return 'nobody reported'
  const list = counts(text)
  const all = list.reduce((a, b) => a + b, 0)
  const n = list[row] || 0
  const upTo = list.slice(0, row + 1).reduce((a, b) => a + b, 0)
  const from = row === 0 ? 'up to ' : time(startMs(row)) + ' to '
  return from + time(startMs(row + 1)) + ': ' + whole(n) + ' of ' + whole(all) + ' answers' +
    (all === 0 ? '' : ' (' + share(n / all) + '); ' + share(upTo / all) + ' took so long or less')
}
const say = (chart, column, row) => {
  const { data } = chart
  const words = data.series.map(([name, unit, values]) => {
    const value = values[column]
    return name + ' ' + (value === null || value === undefined ? '–' : unit === 'ms' ? time(value) : count(value) + unit)
  })
  if (data.columns && row !== undefined) words.unshift(cellText(chart, column, row))
  return 'At ' + span(chart, column) + ': ' + words.join(data.columns ? '; ' : ', ')
}
const draw = (chart, element, attributes) => {
  const node = document.createElementNS(chart.svg.namespaceURI, element)
  const all = { fill: 'none', stroke: 'currentColor', 'pointer-events': 'none', visibility: 'hidden', ...attributes }
  for (const name in all) node.setAttribute(name, all[name])
  chart.svg.append(node)
  return node
}
const put = (node, attributes) => {
  for (const name in attributes) node.setAttribute(name, String(attributes[name]))
}
const show = (source, column, row) => {
  const second = Math.min(source.data.seconds, (column + 0.5) * source.data.step)
  for (const chart of charts) {
    const { data, cursor, cell, readout, svg } = chart
    const [left, width, top, height] = data.plot
    const own = chart === source
    const at = own ? column : Math.min(chart.last, Math.floor(second / data.step))
    const x = left + second / data.seconds * width
    put(cursor, { x1: x, x2: x, visibility: 'visible' })
    const text = say(chart, at, own ? row : undefined)
    readout.textContent = text
    if (own) put(svg, { 'aria-valuenow': at * data.step, 'aria-valuetext': text })
    if (cell === undefined) continue
    const high = height / data.rows
    put(cell, own && row !== undefined ? {
      x: left + at * data.step / data.seconds * width,
      y: top + height - (row - data.first + 1) * high,
      width: data.step / data.seconds * width,
      height: high,
      visibility: 'visible',
    } : { visibility: 'hidden' })
  }
}
const clear = () => {
  for (const { cursor, cell, readout } of charts) {
    put(cursor, { visibility: 'hidden' })
    if (cell !== undefined) put(cell, { visibility: 'hidden' })
    readout.textContent = readout.hint
  }
}
const add = (script) => {
  const data = JSON.parse(script.textContent)
  const svg = script.parentNode.querySelector('svg')
  const readout = document.createElement('p')
  readout.className = 'readout'
  readout.hint = charts.length > 0 ? '' : 'Point at a chart, or choose one with the Tab key and use the arrow keys: below each stand its figures of that time.'
  readout.textContent = readout.hint
  script.parentNode.after(readout)
  const [, , top, height] = data.plot
  const chart = { data, svg, readout, last: Math.ceil(data.seconds / data.step) - 1 }
  chart.cursor = draw(chart, 'line', { y1: top, y2: top + height, 'stroke-width': 1 })
  if (data.columns) chart.cell = draw(chart, 'rect', { 'stroke-width': 2 })
  charts.push(chart)
  const clamp = (value, most) => Math.max(0, Math.min(most, value))
  const point = ({ clientX, clientY }) => {
    const box = svg.getBoundingClientRect()
    const { width: wide, height: high } = svg.viewBox.baseVal
    const x = (clientX - box.left) / box.width * wide - data.plot[0]
    const y = (clientY - box.top) / box.height * high - top
    if (x < 0 || x > data.plot[1]) return clear()
    chart.column = clamp(Math.floor(x / data.plot[1] * data.seconds / data.step), chart.last)
    if (data.columns) chart.row = data.first + clamp(Math.floor((1 - y / height) * data.rows), data.rows - 1)
    show(chart, chart.column, chart.row)
  }
  svg.addEventListener('pointermove', point)
  svg.addEventListener('pointerdown', point)
  svg.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && clear())
  if (data.isSmall) return
  put(svg, { tabindex: 0, role: 'slider', 'aria-valuemin': 0, 'aria-valuemax': chart.last * data.step, 'aria-valuenow': 0 })
  const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }
  svg.addEventListener('focus', () => {
    if (!svg.matches(':focus-visible')) return
    chart.column ??= 0
    if (data.columns) chart.row ??= data.first + Math.floor(data.rows / 2)
    show(chart, chart.column, chart.row)
  })
  svg.addEventListener('blur', clear)
  svg.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const { key } = event
    if (key === 'Escape') return clear()
    const up = { ArrowUp: 1, ArrowDown: -1 }[key]
    if (up !== undefined && data.columns) chart.row = data.first + clamp((chart.row ?? data.first) - data.first + up, data.rows - 1)
    else if (moves[key] !== undefined) chart.column = clamp((chart.column ?? 0) + moves[key], chart.last)
    else return
    event.preventDefault()
    show(chart, chart.column ?? 0, chart.row)
  })
}
for (const script of document.querySelectorAll('script[type="application/json"]')) add(script)
})()
`

/**
 * Functions that run in a page (`page.evaluate`), so each is whole in itself. Plain JavaScript, since the types of a browser
 * are not those of our programs.
 */

/** All figures that a run's page shows at one instant. */
export const readRunPage = () => {
  const textOf = (node) => node?.textContent.trim() ?? ''
  const root = document.documentElement
  const tiles = [...document.querySelectorAll('.run-tiles > div')].map((tile) => ({
    name: textOf(tile.querySelector('dt')),
    window: textOf(tile.querySelector('dd > small')),
    figures: Object.fromEntries(
      [...tile.querySelectorAll('.run-figure')].map(({ children: [value, label] }) => [
        textOf(label),
        textOf(value),
      ]),
    ),
  }))
  return {
    seq: Number(root.dataset.seq || Number.NaN),
    conn: root.dataset.conn ?? '',
    run: root.dataset.run ?? '',
    state: textOf(document.querySelector('.run-state')),
    alert: textOf(document.querySelector('#alert')),
    verdict: textOf(document.querySelector('.run-verdict:not([hidden])')),
    tiles,
  }
}

/** The rows of the table with this heading above it, or of the chart of this name; cells as text, the heading row first. */
export const readTable = (name) => {
  const heading = [...document.querySelectorAll('h2, h3')].find((one) => one.textContent.trim() === name)
  const table = heading?.closest('figure, section')?.querySelector('table')
  if (!table) return null
  return [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))
}

/** How many different colours the drawing of a chart has; 0 where there is none. */
export const countColours = (name) => {
  const figure = [...document.querySelectorAll('figure')].find(
    (one) => one.getAttribute('aria-label') === name,
  )
  const colours = new Set()
  for (const canvas of figure?.querySelectorAll('.chart-box canvas') ?? []) {
    if (canvas.width === 0 || canvas.height === 0) continue
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    for (const pixel of new Uint32Array(data.buffer)) colours.add(pixel)
  }
  return colours.size
}

/** Marks whatever can have the focus with the Tab key, and counts it. */
export const markControls = () => {
  const candidates = document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])',
  )
  const controls = [...candidates].filter(
    (control) =>
      !control.disabled &&
      control.tabIndex >= 0 &&
      control.checkVisibility({ visibilityProperty: true }) &&
      !control.closest('[inert]'),
  )
  for (const [i, control] of controls.entries()) control.setAttribute('data-control', String(i))
  return controls.map((control) => {
    const text = control.getAttribute('aria-label') ?? control.textContent.trim().slice(0, 40)
    return `${control.localName} ${text}`
  })
}

/** What has the focus: its number, and whether it can be seen that it has; null where it is no control. */
export const readFocus = () => {
  const focused = document.activeElement
  const number = focused?.getAttribute('data-control')
  if (number == null) return null
  const hasRing = (element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1
  }
  // The ring may be that of a box around it, but not of the whole page.
  const boxes = [focused, focused.parentElement, focused.parentElement?.parentElement]
  const isSeen = boxes.some((box) => box && box !== document.body && box.localName !== 'main' && hasRing(box))
  return { number: Number(number), isSeen }
}

/** Controls smaller than 24 CSS pixels either way (WCAG 2.2, 2.5.8; a box to tick may be smaller if its label is not). */
export const findSmallTargets = () =>
  [...document.querySelectorAll('button, input, select, textarea, summary')]
    .filter((control) => control.checkVisibility({ visibilityProperty: true }))
    .map((control) => ({ control, box: (control.closest('label, td') ?? control).getBoundingClientRect() }))
    .filter(({ box }) => box.width < 24 || box.height < 24)
    .map(({ control, box }) => {
      const text = control.getAttribute('aria-label') ?? control.textContent.trim()
      return `${control.localName} ${text}: ${box.width} x ${box.height}`
    })

/** Pictures that say nothing to who does not see them: neither hidden from them, nor named, nor in a figure that is. */
export const findUnnamedPictures = () =>
  [...document.querySelectorAll('canvas, img, svg')]
    .filter((picture) => picture.checkVisibility())
    .filter(
      (picture) =>
        picture.closest('[aria-hidden="true"], [aria-label], [aria-labelledby]') === null &&
        !picture.getAttribute('alt'),
    )
    .map((picture) => picture.outerHTML.slice(0, 120))

/** Texts with less contrast to what lies behind them than WCAG 2.2 asks for: 4.5, or 3 for large ones. */
export const findFaintTexts = () => {
  const channelsOf = (colour) => {
    const [, inside] = /^rgba?\((.+)\)$/.exec(colour) ?? []
    if (inside !== undefined) {
      const [red, green, blue, alpha = 1] = inside.split(/[\s,/]+/).map(Number.parseFloat)
      return { rgb: [red / 255, green / 255, blue / 255], alpha }
    }
    const [, srgb] = /^color\(srgb (.+)\)$/.exec(colour) ?? []
    if (srgb === undefined) throw new Error(`unknown colour ${colour}`)
    const [red, green, blue, alpha = 1] = srgb.split(/[\s/]+/).map(Number.parseFloat)
    return { rgb: [red, green, blue], alpha }
  }
  const over = (above, below) => above.rgb.map((one, i) => one * above.alpha + below[i] * (1 - above.alpha))
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminanceOf = (rgb) => {
    const [red, green, blue] = rgb.map((one) =>
      one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = (element) => {
    const layers = []
    for (let at = element; at !== null; at = at.parentElement) {
      const layer = channelsOf(getComputedStyle(at).backgroundColor)
      if (layer.alpha > 0) layers.push(layer)
      if (layer.alpha === 1) break
    }
    return layers.reduceRight((below, above) => over(above, below), [1, 1, 1])
  }
  const faint = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    if (node.data.trim() === '' || element === null) continue
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
    if (element.closest('.visually-hidden, :disabled, [aria-disabled="true"], option, noscript')) continue
    const { color, fontSize, fontWeight } = getComputedStyle(element)
    const ground = behind(element)
    const lights = [luminanceOf(over(channelsOf(color), ground)), luminanceOf(ground)].sort((a, b) => a - b)
    const contrast = (lights[1] + 0.05) / (lights[0] + 0.05)
    const px = Number.parseFloat(fontSize)
    const isLarge = px >= 24 || (px >= 18.66 && Number(fontWeight) >= 700)
    if (contrast < (isLarge ? 3 : 4.5))
      faint.add(
        `${contrast.toFixed(2)} ${color} on ${ground.map((one) => Math.round(one * 255))}: ${node.data.trim().slice(0, 40)}`,
      )
  }
  return [...faint]
}

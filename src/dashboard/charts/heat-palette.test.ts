import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { darkTheme, lightTheme, lineColours, themeOf } from './chart-theme.ts'
import {
  darkHeat,
  heatSteps,
  keepMost,
  lightHeat,
  middleCount,
  packColours,
  type Rgb,
  rgbOf,
  stepOfCount,
  stepOfShare,
} from './heat-palette.ts'

/** WCAG 2.2: relative luminance and contrast ratio. */
const luminance = (colour: Rgb): number => {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0)
}

const contrast = (a: Rgb, b: Rgb): number => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

describe('the colours of the heat map', () => {
  for (const [name, heat, theme, sign] of [
    ['light', lightHeat, lightTheme, -1],
    ['dark', darkHeat, darkTheme, 1],
  ] as const) {
    it(`get ${sign < 0 ? 'darker' : 'lighter'} with every step on a ${name} page`, () => {
      assert.equal(heat.length, heatSteps)
      for (let step = 1; step < heat.length; step++)
        assert.ok(
          sign * (luminance(heat[step] ?? [0, 0, 0]) - luminance(heat[step - 1] ?? [0, 0, 0])) > 0,
          `${step}`,
        )
    })

    it(`show a single answer against a ${name} page, and very many strongly`, () => {
      const page = rgbOf(theme.background)
      assert.ok(contrast(heat[0] ?? page, page) >= 1.4)
      assert.ok(contrast(heat.at(-1) ?? page, page) >= 10)
    })

    it(`have lines of 3:1 and text of 4.5:1 on a ${name} page`, () => {
      const page = rgbOf(theme.background)
      const of = (hex: string): number => contrast(rgbOf(hex), page)
      for (const colour of lineColours) assert.ok(of(theme.lines[colour]) >= 3, colour)
      for (const hex of [theme.limit, theme.broken, theme.error, theme.over]) assert.ok(of(hex) >= 3, hex)
      for (const hex of [theme.text, theme.dim, theme.broken]) assert.ok(of(hex) >= 4.5, hex)
    })
  }

  it('follow the logarithm of the count, from one answer to the most', () => {
    assert.equal(stepOfCount(1024, 1024), heatSteps - 1)
    assert.ok(stepOfCount(1, 1024) > 0)
    assert.ok(stepOfCount(32, 1024) > heatSteps / 3)
    assert.equal(stepOfCount(5000, 1024), heatSteps - 1)
    assert.equal(stepOfShare(1), heatSteps - 1)
    assert.ok(stepOfShare(0.001) > 0)
  })

  it('keep the count of the last colour: it grows by powers of 2 and falls late', () => {
    assert.equal(keepMost(0, 100), 128)
    assert.equal(keepMost(128, 128), 128)
    assert.equal(keepMost(128, 129), 256)
    assert.equal(keepMost(128, 33), 128)
    assert.equal(keepMost(128, 30), 32)
    assert.equal(keepMost(0, 0), 2)
    assert.equal(middleCount(1023), 31)
  })

  it('are packed as the bytes of an image', () => {
    const bytes = new Uint8Array(packColours([[1, 2, 3]]).buffer)
    assert.deepEqual([...bytes], [1, 2, 3, 255])
  })

  it('take the page’s switch before the system, and forced colours before both', () => {
    const of = (chosen: string | undefined, systemIsDark: boolean, isForced = false) =>
      themeOf({ chosen, systemIsDark, isForced })
    assert.equal(of(undefined, true), darkTheme)
    assert.equal(of('light', true), lightTheme)
    assert.equal(of('dark', false), darkTheme)
    assert.equal(of('dark', false, true).background, 'Canvas')
    assert.equal(of('dark', false, true).isDark, false)
  })
})

import type { ChartCursor } from './chart-cursor.ts'
import { actOfKey, type CursorBounds, type CursorPlace, spanBetween } from './chart-keys.ts'
import type { Span } from './charts-input.ts'

/** A chart, as far as pointer and keys need it. Pixels are of the field. */
export interface Controlled {
  /** Takes the focus. */
  box: HTMLElement
  cursor: ChartCursor
  /** Undefined while there is nothing to point at. */
  bounds(): CursorBounds | undefined
  placeAt(xPx: number, yPx: number): CursorPlace | undefined
  pxOf(second: number): number
  /** The span, or letting go. */
  onChoose(span: Span | undefined): void
}

/** A pointer must travel so far before a press is a span; a finger's second tap may miss the first by so much. */
const dragPx = 5
const tapPx = 22

export const controlByKeys = ({ box, cursor, bounds, onChoose }: Controlled, signal: AbortSignal): void => {
  let anchor: number | undefined
  const step = (): number => bounds()?.step ?? 1
  const commit = (): void => {
    if (anchor === undefined) return
    const place = cursor.place
    const span = place === undefined ? undefined : spanBetween(anchor, place.second, step())
    anchor = undefined
    cursor.stretch(undefined)
    if (span !== undefined) onChoose(span)
  }
  box.addEventListener(
    'keydown',
    (event) => {
      const known = bounds()
      if (known === undefined || event.ctrlKey || event.metaKey || event.altKey) return
      const act = actOfKey(event.key, event.shiftKey, { place: cursor.place, anchor }, known)
      if (act === undefined) return
      event.preventDefault()
      switch (act.kind) {
        case 'move':
          cursor.move(act.place)
          return
        case 'stretch':
          anchor = act.anchor
          cursor.move(act.place)
          cursor.stretch(spanBetween(act.anchor, act.place.second, known.step))
          return
        case 'choose':
          anchor = undefined
          cursor.stretch(undefined)
          onChoose(act.span)
          return
        case 'release':
          anchor = undefined
          cursor.stretch(undefined)
          cursor.move(undefined)
          onChoose(undefined)
      }
    },
    { signal },
  )
  // A span is asked for once, when it is drawn: each asks the orchestrator for a whole distribution.
  box.addEventListener('keyup', (event) => event.key === 'Shift' && commit(), { signal })
  box.addEventListener('blur', commit, { signal })
}

export const controlByPointer = (field: HTMLElement, chart: Controlled, signal: AbortSignal): void => {
  const { cursor, bounds, placeAt, pxOf, onChoose } = chart
  let press: { x: number; place: CursorPlace; isDrag: boolean; tapped: number | undefined } | undefined
  // A page that moves under a pointer at rest must not take the cursor from the keys.
  let pointed: CursorPlace | undefined
  let resting = ''
  const at = (event: PointerEvent): { x: number; place: CursorPlace | undefined } => {
    const { left, top } = field.getBoundingClientRect()
    const x = event.clientX - left
    return { x, place: placeAt(x, event.clientY - top) }
  }
  const listen = (
    name: 'pointerdown' | 'pointermove' | 'pointerup',
    act: (event: PointerEvent) => void,
  ): void => field.addEventListener(name, act, { signal })

  listen('pointerdown', (event) => {
    const { x, place } = at(event)
    if (place === undefined || event.button !== 0) return
    const shown = cursor.place?.second
    const isSecondTap =
      event.pointerType === 'touch' && shown !== undefined && Math.abs(pxOf(shown) - x) <= tapPx
    press = { x, place, isDrag: false, tapped: isSecondTap ? shown : undefined }
    field.setPointerCapture(event.pointerId)
  })
  listen('pointermove', (event) => {
    const seen = `${event.clientX} ${event.clientY}`
    if (seen === resting) return
    resting = seen
    const { x, place } = at(event)
    if (press !== undefined && Math.abs(x - press.x) > dragPx) press.isDrag = true
    if (place !== undefined && (event.pointerType !== 'touch' || press?.isDrag === true)) {
      pointed = place
      cursor.move(place)
    }
    const step = bounds()?.step
    if (press?.isDrag === true && place !== undefined && step !== undefined)
      cursor.stretch(spanBetween(press.place.second, place.second, step))
  })
  listen('pointerup', (event) => {
    const done = press
    press = undefined
    const step = bounds()?.step
    if (done === undefined || step === undefined) return
    if (done.isDrag) {
      const span = cursor.span
      cursor.stretch(undefined)
      if (span !== undefined) onChoose(span)
      return
    }
    if (event.pointerType === 'touch' && done.tapped === undefined) {
      cursor.move(done.place)
      return
    }
    const second = done.tapped ?? done.place.second
    onChoose({ from: second, to: second + step })
  })
  field.addEventListener(
    'pointercancel',
    () => {
      press = undefined
      cursor.stretch(undefined)
    },
    { signal },
  )
  field.addEventListener(
    'pointerleave',
    (event) => {
      resting = ''
      const { second, ms } = cursor.place ?? {}
      const isPointed = second === pointed?.second && ms === pointed?.ms
      if (press === undefined && event.pointerType !== 'touch' && isPointed) cursor.move(undefined)
    },
    { signal },
  )
}

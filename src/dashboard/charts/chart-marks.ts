import type { ChartsInput } from './charts-input.ts'

/** What was done to the run, and when an SLO broke: an upright line in every chart. */
export interface Mark {
  second: number
  label: string
  kind: 'steering' | 'broken'
}

const maxLabel = 28

const cut = (text: string): string => (text.length > maxLabel ? `${text.slice(0, maxLabel - 1)}…` : text)

export const marksOf = ({
  steering,
  broken,
  from,
  to,
}: Pick<ChartsInput, 'steering' | 'broken' | 'from' | 'to'>): Mark[] =>
  [
    ...steering.map(
      ({ atMs, command, scale }): Mark => ({
        second: atMs / 1000,
        label: command === 'rate' && scale !== null ? `rate x${Number(scale.toPrecision(3))}` : command,
        kind: 'steering',
      }),
    ),
    ...broken.map(({ second, label }): Mark => ({ second, label: cut(label), kind: 'broken' })),
  ]
    .filter(({ second }) => second >= from && second <= to)
    .sort((a, b) => a.second - b.second)

/** Where a mark's label begins, right or left of its line, or undefined where it would cover another: the line stays, the readout names it. */
export const placeMarkLabels = (
  marks: readonly { x: number; width: number }[],
  left: number,
  right: number,
  gap: number,
): (number | undefined)[] => {
  let free = left
  return marks.map(({ x, width }) => {
    const at = [x + gap, x - gap - width].find((one) => one >= free && one + width <= right)
    if (at !== undefined) free = at + width + gap * 2
    return at
  })
}

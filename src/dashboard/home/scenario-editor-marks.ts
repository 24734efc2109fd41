import type { ScenarioFault } from '../../scenario/scenario-faults.ts'

/** Where faults show in the text: lines and columns from 1. */
export interface LineMark {
  line: number
  column: number
  /** Characters underlined. */
  width: number
  /** Faults of this line. */
  count: number
}

export const countLines = (text: string): number => text.split('\n').length

/** One mark a line, at its first fault. Lines that the text no longer has are left out: it was changed since. */
export const marksOf = (text: string, faults: readonly ScenarioFault[]): LineMark[] => {
  const lines = text.split('\n')
  const marks = new Map<number, LineMark>()
  for (const { line, column = 1, width = 1 } of faults) {
    const content = line === undefined ? undefined : lines[line - 1]
    if (line === undefined || content === undefined) continue
    const known = marks.get(line)
    if (known !== undefined) {
      known.count++
      if (known.column <= column) continue
    }
    const from = Math.min(column, content.length + 1)
    const within = Math.max(1, Math.min(width, content.length + 1 - from))
    marks.set(line, { line, column: from, width: within, count: known?.count ?? 1 })
  }
  return [...marks.values()].sort((a, b) => a.line - b.line)
}

/** The span of a fault in the text, as a selection: empty where it says no width. */
export const spanOf = (text: string, fault: ScenarioFault): { from: number; to: number } | undefined => {
  const { line, column = 1, width = 0 } = fault
  if (line === undefined) return undefined
  const lines = text.split('\n')
  const content = lines[line - 1]
  if (content === undefined) return undefined
  const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0)
  const from = start + Math.min(column - 1, content.length)
  return { from, to: Math.min(from + width, start + content.length) }
}

/** `Line 4, column 9`, or the file or flag that it is in. */
export const placeOf = ({ line, column, path, file }: ScenarioFault): string => {
  if (line !== undefined) return column === undefined ? `Line ${line}` : `Line ${line}, column ${column}`
  return path === '' ? file : path
}

/** How often each of some words was met. Words without an entry count 0. */
export type Counts = Readonly<Record<string, number>>

/** Passed and failed, by the name of the check. */
export type CheckCounts = Readonly<Record<string, { passed: number; failed: number }>>

// All of these build their objects from entries and read them as such, never by `object[name]`: names come from scenarios
// and answers, and may be `__proto__` or `constructor`.

export const plusCounts = (a: Counts, b: Counts): Counts => {
  const entries = Object.entries(b)
  if (entries.length === 0) return a
  const sum = new Map(Object.entries(a))
  for (const [word, count] of entries) sum.set(word, (sum.get(word) ?? 0) + count)
  return Object.fromEntries(sum)
}

export const sumCounts = (all: readonly Counts[]): Counts => {
  const sum = new Map<string, number>()
  for (const counts of all)
    for (const [word, count] of Object.entries(counts)) sum.set(word, (sum.get(word) ?? 0) + count)
  return Object.fromEntries(sum)
}

export const plusChecks = (a: CheckCounts, b: CheckCounts): CheckCounts => {
  const entries = Object.entries(b)
  if (entries.length === 0) return a
  const sum = new Map(Object.entries(a))
  for (const [name, { passed, failed }] of entries) {
    const before = sum.get(name)
    sum.set(name, { passed: (before?.passed ?? 0) + passed, failed: (before?.failed ?? 0) + failed })
  }
  return Object.fromEntries(sum)
}

export const totalOf = (counts: Counts): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** The word under which texts beyond {@link maxDetails} are counted together. */
export const otherDetail = 'other'
export const maxDetails = 20
/** Of texts and of names of checks, in code units. */
export const maxDetailLength = 200
/** Names of checks in one measurement that is sent. */
export const maxChecks = 1000

/**
 * At most {@link maxDetails} texts, the rest as `other`. Kept are the first in order of their code units: not the most
 * frequent, because only a rule that looks at the texts alone gives the same result for every order and grouping of sums.
 * (A text that is dropped from a part has 20 smaller ones before it there, hence in every sum of that part too.)
 */
export const limitDetails = (details: Counts): Counts => {
  const entries = Object.entries(details)
  if (entries.length <= maxDetails) return details
  const texts = entries.filter(([text]) => text !== otherDetail)
  if (texts.length <= maxDetails) return details
  texts.sort(([a], [b]) => (a < b ? -1 : 1))
  const kept = Object.fromEntries(texts.slice(0, maxDetails))
  const other = totalOf(details) - totalOf(kept)
  return other === 0 ? kept : { ...kept, [otherDetail]: other }
}

/**
 * Epoch milliseconds to and from UTC calendar dates, without the `Date` object: time is passed in here, and only the
 * clock may ask for it. Proleptic Gregorian, after Hinnant, chrono-Compatible Low-Level Date Algorithms (2013).
 */
const dayMs = 86_400_000

/** Days since 1970-01-01 of a date; `month` from 1. Days beyond the month's end run on into the next. */
export const daysOf = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

const padded = (value: number, width: number): string => String(value).padStart(width, '0')

/** As in `2026-11-20T18:31:26.000Z`: 24 characters for the years 0 to 9999. */
export const isoTimeOf = (epochMs: number): string => {
  const ms = Math.floor(epochMs)
  const days = Math.floor(ms / dayMs)
  const ofDay = ms - days * dayMs
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const time = [Math.floor(ofDay / 3_600_000), Math.floor(ofDay / 60_000) % 60, Math.floor(ofDay / 1000) % 60]
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${time.map((part) => padded(part, 2)).join(':')}.${padded(ofDay % 1000, 3)}Z`
}

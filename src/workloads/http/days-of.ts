/**
 * Days from 1970-01-01 to a date of the Gregorian calendar, without the `Date` object, which only the clock may ask; after
 * Hinnant, chrono-Compatible Low-Level Date Algorithms (2013). `month` from 1; days beyond a month's end run on into the next.
 */
export const daysOf = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

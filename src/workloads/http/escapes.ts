/**
 * How a value from outside (a feeder's cell, a captured piece of an answer) is written into the part of a request where its
 * template stands. These values are hostile: whatever they hold, they must stay inside their part, or not be sent at all.
 *
 *   path     what no path may hold is percent-encoded (RFC 3986, 3.3), `?` too; `/` and a correct `%XX` stay
 *   query    all but the unreserved characters is percent-encoded (RFC 3986, 2.3)
 *   header   unchanged; refused with a control character other than tab (RFC 9110, 5.5)
 *   json     inside a JSON string (RFC 8259, 7)
 *   form     application/x-www-form-urlencoded
 *   text     unchanged
 *
 * Half a surrogate pair becomes U+FFFD, but in JSON, which can say it.
 */
export type ValuePlace = 'path' | 'query' | 'header' | 'json' | 'form' | 'text'

const percentEncoded = (text: string): string => encodeURIComponent(text.toWellFormed())

const badInPath = /%(?![0-9A-Fa-f]{2})|[^\w!$&'()*+,\-./:;=@~%]+/g
const badInQuery = /[^\w\-.~]/
const badInForm = /[^\w\-.*]/
const badInJson = /[^\w !#-[\]^`{|}~]/

/** Whether a header value may hold all of it. */
export const isFieldValue = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false
  }
  return true
}

/** The value as it may stand there, or undefined where it must not. */
export const escapes: Record<ValuePlace, (text: string) => string | undefined> = {
  path: (text) => text.toWellFormed().replace(badInPath, percentEncoded),
  query: (text) => (badInQuery.test(text) ? percentEncoded(text) : text),
  header: (text) => (isFieldValue(text) ? text : undefined),
  json: (text) => (badInJson.test(text) ? JSON.stringify(text).slice(1, -1) : text),
  form: (text) => (badInForm.test(text) ? new URLSearchParams([['', text]]).toString().slice(1) : text),
  text: (text) => text,
}

/** What of a URL's literal text cannot be sent at all: blanks, controls, `#`, and everything above ASCII. The rest is the user's. */
export const escapeUrlLiteral = (text: string): string =>
  text.toWellFormed().replace(/[^!-~]+|#/g, encodeURIComponent)

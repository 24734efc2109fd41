/**
 * Text that is shown although it may hold what a user wrote as a secret: passwords in URLs, and values after the words that
 * name secrets. Each character becomes one asterisk, so that columns stay where they are.
 */
export const maskSecrets = (text: string): string =>
  text
    .replace(userInfo, (_whole, before: string, secret: string) => `${before}${stars(secret)}@`)
    .replace(named, (_whole, before: string, secret: string) => before + stars(secret))

const stars = (secret: string): string => '*'.repeat(secret.length)

/** `//user:secret@`, or `//secret@`. */
const userInfo = /(\/\/(?:[^\s/?#@:"']*:)?)([^\s/?#@"']+)@/g

/** `bearer: secret`, `"password": "secret"`, `authorization: Bearer secret`; a `${NAME}` or `{{template}}` is none. */
const named =
  /(\b(?:bearer|password|passwd|secret|authorization|proxy-authorization|cookie|x-api-key|api-?key)["']?\s*:\s*["']?(?:(?:bearer|basic)\s+)?)((?!\$\{|\{|\.\.\.|(?:bearer|basic)\b)[^\s"',}\]]+)/gi

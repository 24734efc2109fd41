/** Whether a store's location is a Postgres URL and no path. */
export const isPostgresUrl = (location: string): boolean => /^postgres(ql)?:\/\//i.test(location)

/** `postgres://user@host:port/database`: what may be shown. Parameters are left out, for they may hold a password too. */
export const describePostgres = (url: string): string => {
  if (!URL.canParse(url)) return 'in Postgres'
  const { username, host, pathname } = new URL(url)
  return `postgres://${username === '' ? '' : `${username}@`}${host}${pathname}`
}

/** The text with every password of the URL starred, as it is written there and as it is meant. */
export const withoutPassword = (text: string, url: string): string => {
  let clean = text.replaceAll(url, 'the URL')
  for (const secret of secretsOf(url)) if (secret !== '') clean = clean.replaceAll(secret, '***')
  return clean
}

const secretsOf = (url: string): string[] => {
  const written = [/^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(url)?.[1], /[?&]password=([^&]*)/i.exec(url)?.[1]]
  return written.flatMap((secret) => (secret === undefined ? [] : [secret, decoded(secret)]))
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

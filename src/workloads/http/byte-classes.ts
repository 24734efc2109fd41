/** Bytes of HTTP/1.1 by what they may be part of (RFC 9110, 5.5 and 5.6.2), as tables of 256 for one look-up a byte. */

export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const COMMA = 0x2c
export const COLON = 0x3a
export const SEMICOLON = 0x3b
export const ZERO = 0x30
export const NINE = 0x39

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/** 1 for what a token (a field name, a coding) is made of. */
export const tokenBytes: Uint8Array = new Uint8Array(256)
for (const character of tokenCharacters) tokenBytes[character.charCodeAt(0)] = 1

/** 1 for what may stand in a field value, a reason phrase or a chunk extension: tab, space, visible, 0x80 and above. */
export const textBytes: Uint8Array = new Uint8Array(256).fill(1, SPACE)
textBytes[TAB] = 1
textBytes[0x7f] = 0

/** The value of a hexadecimal digit, 255 for any other byte. */
export const hexDigits: Uint8Array = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 16; digit++) {
  const character = digit.toString(16)
  hexDigits[character.charCodeAt(0)] = digit
  hexDigits[character.toUpperCase().charCodeAt(0)] = digit
}

/** The byte itself, A-Z as a-z. */
export const lowerCase: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
)

/** Whether bytes[from, from + name.length) spell `name` (lower-case ASCII) in any case. */
export const spells = (bytes: Uint8Array, from: number, name: Uint8Array): boolean => {
  for (let i = 0; i < name.length; i++) {
    if (lowerCase[bytes[from + i] ?? 0] !== name[i]) return false
  }
  return true
}

export const asciiBytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0))

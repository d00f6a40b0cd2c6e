// What an agent or a directory wrote, before it reaches a terminal: there, control characters are commands, and marks of direction
// turn the letters after them around.

/** Newlines stay; every other one of these becomes a replacement character. */
export function printable(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\u{FFFD}')
}

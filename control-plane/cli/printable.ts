// What an agent or a directory wrote, before it reaches a terminal: there, control characters are commands.

/** Newlines stay; every other control character becomes a replacement character. */
export function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, '\u{FFFD}')
}

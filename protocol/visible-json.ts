// JSON and lines in which nothing is hidden: what a terminal would obey or not show, and half characters, are written as escapes.

const hidden = /[\u007f-\u009f\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const hiddenInLine = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Of JSON, with line feeds or without; it means the same. */
export function visibleJson(json: string): string {
  return json.replace(hidden, escaped)
}

/** Of one line for people, some of which others wrote: it stays one line, too. JSON on one line means the same. */
export function visibleLine(line: string): string {
  return line.replace(hiddenInLine, escaped)
}

function escaped(character: string): string {
  const units = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return units.map((unit) => `\\u${unit}`).join('')
}

// JSON in which nothing is hidden: what a terminal would obey or not show, and half characters, are written as escapes.

const hidden = /[\u007f-\u009f\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Of JSON on one line, with or without its line feed; it means the same. */
export function visibleJson(json: string): string {
  return json.replace(hidden, (character) => character.split('').map(escaped).join(''))
}

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

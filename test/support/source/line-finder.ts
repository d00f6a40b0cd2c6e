// From an offset in a text to its line, counted from 1.

export type LineOf = (offset: number) => number

export function lineFinder(text: string): LineOf {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  return (offset) => {
    const after = starts.findIndex((start) => start > offset)
    return after < 0 ? starts.length : after
  }
}

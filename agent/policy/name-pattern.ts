// Patterns of names, which may protect and never allow. A star stands for any run of characters, and nothing else is special.

/**
 * True where the whole name fits; letter case and the way in which a letter is composed make no difference. Each part between
 * two stars is looked for once, from where the last one ended, so that no pattern takes longer than its length times that of
 * the name.
 */
export function fitsPattern(pattern: string, name: string): boolean {
  const [first = '', ...parts] = folded(pattern).split('*')
  const text = folded(name)
  const last = parts.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of parts) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - at >= last.length && text.endsWith(last)
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

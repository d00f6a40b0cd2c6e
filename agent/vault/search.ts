// Looks for any of many texts at once. Most of what is searched is jumped over, by what its blocks of three characters rule
// out (Wu and Manber, 1994), so that a page costs about the same for six needles and for a hundred.

export type Search<Needle> = (text: string) => Needle | undefined

const block = 3
/** Shorter needles leave too little to jump, and are looked for one by one. */
const shortestJump = 16
const tableSize = 1 << 14

/** Gives a needle that the text holds, any of them. Empty needles are not for it. */
export function createSearch<Needle extends { readonly text: string }>(needles: readonly Needle[]): Search<Needle> {
  const long = needles.filter(({ text }) => text.length >= shortestJump)
  const short = needles.filter(({ text }) => text.length < shortestJump)
  const findLong = long.length === 0 ? () => undefined : createJumpingSearch(long)
  return (text) => findLong(text) ?? short.find((needle) => text.includes(needle.text))
}

function createJumpingSearch<Needle extends { readonly text: string }>(needles: readonly Needle[]): Search<Needle> {
  const window = Math.min(255, ...needles.map(({ text }) => text.length))
  const { jumps, byLastBlock } = tablesOf(needles, window)
  return (text) => {
    let end = window - 1
    while (end < text.length) {
      const hash = hashOfBlock(text, end)
      const jump = jumps[hash] ?? 1
      if (jump === 0) {
        const start = end - window + 1
        const found = byLastBlock.get(hash)?.find((needle) => text.startsWith(needle.text, start))
        if (found !== undefined) return found
      }
      end += jump === 0 ? 1 : jump
    }
    return undefined
  }
}

/** Of each needle its first `window` characters count. A block that is in none of them lets the search jump over all of it. */
function tablesOf<Needle extends { readonly text: string }>(needles: readonly Needle[], window: number) {
  const jumps = new Uint8Array(tableSize).fill(window - block + 1)
  const byLastBlock = new Map<number, Needle[]>()
  for (const needle of needles) {
    for (let end = block - 1; end < window; end += 1) {
      const hash = hashOfBlock(needle.text, end)
      jumps[hash] = Math.min(jumps[hash] ?? 0, window - 1 - end)
    }
    const last = hashOfBlock(needle.text, window - 1)
    byLastBlock.set(last, [...(byLastBlock.get(last) ?? []), needle])
  }
  return { jumps, byLastBlock }
}

function hashOfBlock(text: string, end: number): number {
  const [first, second] = [text.charCodeAt(end - 2), text.charCodeAt(end - 1)]
  return ((first << 9) ^ (second << 5) ^ text.charCodeAt(end)) & (tableSize - 1)
}

// Cuts rows into pages. A page is text that is hashed, counted and sent as it stands.

import { limits } from '@sallyport/protocol'

export type CutPage = { readonly rows: string; readonly count: number }

export type PageCutter = {
  /** The page that became full by this row, if one did; `null` where the row alone is larger than a page may be. */
  add(row: string): CutPage | undefined | null
  /** What is left at the end. */
  rest(): CutPage | undefined
}

export function createPageCutter(): PageCutter {
  const brackets = 2
  let texts: string[] = []
  let byteCount = 0
  const cut = () => {
    const page = { rows: `[${texts.join(',')}]`, count: texts.length }
    texts = []
    byteCount = 0
    return page
  }
  return {
    add: (row) => {
      const rowBytes = Buffer.byteLength(row)
      if (brackets + rowBytes > limits.pageBytes) return null
      // One comma for each row that is there already.
      const page = brackets + byteCount + texts.length + rowBytes > limits.pageBytes ? cut() : undefined
      texts.push(row)
      byteCount += rowBytes
      return page
    },
    rest: () => (texts.length > 0 ? cut() : undefined),
  }
}

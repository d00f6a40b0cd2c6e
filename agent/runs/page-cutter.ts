// Cuts rows into pages. A page is text that is hashed, counted, kept and sent as it stands.

import { limits } from '@sallyport/protocol'
import { chainDigest } from './chain-digest.ts'

export type Page = {
  /** From 0. */
  readonly seq: number
  /** JSON text of an array. */
  readonly rows: string
  /** Rows in it. */
  readonly count: number
  readonly byteCount: number
  /** Of this page and all before it. */
  readonly digest: string
}

/** The page after which it goes on. */
export type LastPage = Pick<Page, 'seq' | 'digest'>

export type PageCutter = {
  /** The page that became full by this row, if one did; `null` where the row alone is larger than a page may be. */
  add(row: string): Page | undefined | null
  /** What is left. */
  rest(): Page | undefined
}

export function createPageCutter(after?: LastPage): PageCutter {
  const brackets = 2
  let last = after
  let texts: string[] = []
  let byteCount = 0
  const cut = (): Page => {
    const rows = `[${texts.join(',')}]`
    const commas = texts.length - 1
    const page = {
      seq: last === undefined ? 0 : last.seq + 1,
      rows,
      count: texts.length,
      byteCount: brackets + commas + byteCount,
      digest: chainDigest(last?.digest, rows),
    }
    last = page
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

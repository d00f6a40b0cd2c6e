// Listings by skip and limit, whole in spite of rows that come and go while they are read. It does not send: a `page`
// function is passed in.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { type Cover, createCover } from './cover.ts'
import type { ListBookmark } from './list-bookmark.ts'
import { readAhead } from './read-ahead.ts'

/** Rows from `skip` on; `total` as it came with this very page, where JumpCloud said one. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly total: number | undefined }

export type Listing<Row> = {
  /** What is being done, for people: `list users`. */
  readonly operation: string
  readonly idOf: (row: Row) => string
  readonly page: (at: { readonly skip: number; readonly limit: number }, signal: AbortSignal) => Promise<Page<Row>>
  /** How many pages are read at once. */
  readonly window: number
  readonly signal?: AbortSignal | undefined
  /** Told what was taken; it may say that earlier processes have taken rows already. */
  readonly bookmark?: ListBookmark | undefined
}

type Placed<Row> = Page<Row> & { readonly skip: number }

/** The most that JumpCloud gives (JumpCloud reference 5.1 [S]). */
const pageRows = 100
const firstOverlapRows = 25
const mostRounds = 3
const spareRequests = 50
const requestsPerPage = 6

/**
 * Yields every row that existed throughout, exactly once; rows that came or went meanwhile may be there.
 *
 * Skip is no cursor: a row deleted early moves all later ones, and one of them falls between two pages. So neighbouring
 * pages overlap, and a page counts only once it **shares a row** with what is covered already. Rows keep their order
 * among themselves (`cover.ts` holds them to it), so two stretches that share a row have nothing between them. Where they share none, the gap is read
 * again from further and further back until they do. The end is a page that reaches the total that came with it, or
 * without totals a page that is not full. The first page's total serves to read the rest in parallel, T rows in at most
 * 1 + ⌈(T − 100) / 99⌉ requests. Where the newest total is more than what was yielded, rows came in behind the reader: it
 * walks again for the new ones, twice at most.
 *
 * After a crash the rows that were taken are the covered stretch, and the first page is the one that begins where the last of
 * them was: it has to connect like any other.
 *
 * Throws `listing_unstable` where the mending takes more requests than can be right, or where rows that JumpCloud counts never
 * come; else what `page` throws.
 */
export async function* list<Row>(listing: Listing<Row>): AsyncGenerator<Row> {
  const { bookmark } = listing
  const start = bookmark?.start ?? { at: 0, ids: [], between: [] }
  if (start.at === null) return
  const yielded = new Set<string>([...start.ids, ...start.between])
  const stop = new AbortController()
  const signal = listing.signal === undefined ? stop.signal : AbortSignal.any([listing.signal, stop.signal])
  const reader = createReader(listing, signal, () => yielded.size)
  try {
    for (let round = 1; ; round += 1) {
      const before = yielded.size
      const ends: Ends = {}
      const covered = createCover(listing, round === 1 ? start : undefined)
      const pages = walk(round === 1 ? start.at : 0, { covered, readPage: reader.readPage, window: listing.window })
      // Only the first round sees rows in the order of the stretch that the bookmark keeps; what comes later came in between.
      const hasPlace = round === 1 ? covered.hasPlace : () => false
      yield* newRows(pages, { idOf: listing.idOf, yielded, ends, hasPlace, bookmark })
      const isCounted = (reader.newestTotal() ?? 0) <= yielded.size
      if (!isCounted && round < mostRounds && (round === 1 || yielded.size > before)) continue
      if (!isCounted) checkWhole(listing.operation, ends, yielded.size)
      return bookmark?.finish()
    }
  } finally {
    stop.abort()
  }
}

/** The pages at both ends of one round. */
type Ends = { first?: Placed<unknown>; last?: Placed<unknown> }

/**
 * After the last round: rows that were counted when it began and were still counted when it reached the total never came, so
 * the listing is not whole. A total that no page reaches counts something else than rows, and says nothing.
 */
function checkWhole(operation: string, { first, last }: Ends, foundCount: number): void {
  const counted = Math.min(first?.total ?? 0, last?.total ?? 0)
  const isReached = last?.total !== undefined && last.skip + last.rows.length >= last.total
  if (!isReached || counted <= foundCount) return
  throw new SallyportError(
    'listing_unstable',
    `${operation}: JumpCloud counts ${counted} rows, and ${foundCount} came however often it was asked; try again when there are fewer changes`,
  )
}

type Sieve<Row> = Pick<Listing<Row>, 'idOf' | 'bookmark'> & {
  readonly yielded: Set<string>
  readonly ends: Ends
  readonly hasPlace: (id: string) => boolean
}

async function* newRows<Row>(
  pages: AsyncIterable<Placed<Row>>,
  { idOf, yielded, ends, hasPlace, bookmark }: Sieve<Row>,
): AsyncGenerator<Row> {
  for await (const page of pages) {
    ends.first ??= page
    ends.last = page
    const before = yielded.size
    for (const [index, row] of page.rows.entries()) {
      const id = idOf(row)
      if (yielded.has(id)) continue
      yielded.add(id)
      yield row
      bookmark?.take({ id, at: page.skip + index, hasPlace: hasPlace(id) })
    }
    if (yielded.size > before) await bookmark?.pageTaken()
  }
}

type ReadPage<Row> = (skip: number) => Promise<Placed<Row>>

/**
 * Reads pages, but not many more than the rows found and the places reached account for: a listing that makes no sense
 * must end, whatever its totals say.
 */
function createReader<Row>({ page, operation, window }: Listing<Row>, signal: AbortSignal, foundCount: () => number) {
  let spent = 0
  let furthest = 0
  let newestTotal: number | undefined
  const readPage: ReadPage<Row> = async (skip) => {
    if (spent >= spareRequests + window + (requestsPerPage * Math.min(foundCount(), furthest)) / pageRows) {
      const message = `${operation}: the listing kept changing, and ${spent} requests did not catch up; try again when there are fewer changes`
      throw new SallyportError('listing_unstable', message)
    }
    spent += 1
    const { rows, total } = await page({ skip, limit: pageRows }, signal)
    furthest = Math.max(furthest, skip + rows.length)
    newestTotal = total
    return { skip, rows, total }
  }
  return { readPage, newestTotal: () => newestTotal }
}

type Walk<Row> = { readonly covered: Cover<Row>; readonly readPage: ReadPage<Row>; readonly window: number }

/** One pass from row `start` to the end: pages in order, each connected to those before it. */
async function* walk<Row>(start: number, { covered, readPage, window }: Walk<Row>): AsyncGenerator<Placed<Row>> {
  let last = await readPage(start)
  const lead = async function* (target: Placed<Row>) {
    for await (const page of connect(target, covered, readPage)) {
      last = page
      yield page
    }
  }

  yield* lead(last)
  if (isEnd(last)) return
  for await (const planned of readAhead(skipsAfter(last), { start: readPage, window })) {
    yield* lead(planned)
    if (isEnd(last)) return
  }
  // The listing grew at its end, or it has no total. A page of one row holds the shared one alone: nothing follows.
  while (!isEnd(last) && last.rows.length > 1) yield* lead(await readPage(last.skip + last.rows.length - 1))
}

/** Yields the pages that lead from what is covered up to `target`, and `target` itself unless the end came before it. */
async function* connect<Row>(
  target: Placed<Row>,
  covered: Cover<Row>,
  readPage: ReadPage<Row>,
): AsyncGenerator<Placed<Row>> {
  let end = target.skip
  let overlap = firstOverlapRows
  // A page from the first row on has nothing before it.
  while (target.skip > 0 && !covered.touches(target.rows)) {
    const bridge = await readPage(Math.max(0, end - overlap))
    if (bridge.skip > 0 && !covered.touches(bridge.rows)) {
      overlap *= 2
      continue
    }
    covered.add(bridge.rows)
    yield bridge
    if (isEnd(bridge)) return
    end = bridge.skip + bridge.rows.length
    overlap = firstOverlapRows
  }
  covered.add(target.rows)
  yield target
}

/** Where the pages after this one begin: spread evenly, so that neighbours share a row and the last one ends at the total. */
export function* skipsAfter({ skip, rows, total }: Placed<unknown>): Generator<number> {
  // A page that is not full although there is more says that the total is not to be trusted.
  if (total === undefined || rows.length < pageRows || total <= skip + pageRows) return
  const rest = total - skip - pageRows
  const count = Math.ceil(rest / (pageRows - 1))
  for (let index = 1; index <= count; index += 1) yield skip + Math.floor((index * rest) / count)
}

function isEnd(page: Placed<unknown>): boolean {
  if (page.rows.length === 0) return true
  return page.total === undefined ? page.rows.length < pageRows : page.skip + page.rows.length >= page.total
}

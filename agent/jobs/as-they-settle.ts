// Does several things at once and hands on each result when it is there. It does not know what they are.

type Several<Item, Result> = { readonly width: number; readonly start: (item: Item) => Promise<Result> }

/**
 * Runs up to `width` at once and yields results as they settle. The first rejection ends it; whatever happens, nothing
 * that was started is still under way when it is over.
 */
export async function* asTheySettle<Item, Result>(
  items: Iterable<Item>,
  { width, start }: Several<Item, Result>,
): AsyncGenerator<Result> {
  const underWay = new Map<Item, Promise<readonly [Item, Result]>>()
  const takeOne = async (): Promise<Result> => {
    const [item, result] = await Promise.race(underWay.values())
    underWay.delete(item)
    return result
  }
  try {
    for (const item of items) {
      underWay.set(
        item,
        start(item).then((result) => [item, result]),
      )
      if (underWay.size >= width) yield await takeOne()
    }
    while (underWay.size > 0) yield await takeOne()
  } finally {
    await Promise.allSettled(underWay.values())
  }
}

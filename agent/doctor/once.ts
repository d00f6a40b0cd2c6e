// What several checks want to know is found out once.

/** `make` is called when the first one asks; all get what came of it, an error too. */
export function once<Arguments extends readonly unknown[], Value>(
  make: (...given: Arguments) => Promise<Value>,
): (...given: Arguments) => Promise<Value> {
  let made: Promise<Value> | undefined
  return (...given) => {
    made ??= make(...given)
    return made
  }
}

// What a sweep has to pass: each thing that is done has a point before it and one after it.

/** Those of `passes` that `points` has not on both sides. */
export function unswept(points: readonly string[], passes: readonly string[]): readonly string[] {
  const passed = new Set(points.map((point) => point.replace(/ #\d+$/, '')))
  return passes.flatMap((what) => [`before ${what}`, `after ${what}`]).filter((point) => !passed.has(point))
}

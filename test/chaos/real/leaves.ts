// Real processes that were asked to end did so in order, by themselves, and had not grown.

import type { Leave } from './life.ts'

const mebibytes = 1024 * 1024

/** Of any process: its code and its caches, and what it works with. */
const mostBytes = 150 * mebibytes

export function checkLeaves(leaves: readonly Leave[]): readonly string[] {
  return leaves.flatMap(({ who, exit, byteCount }) => [
    ...(exit === 0 ? [] : [`${who} was asked to end, and ended with ${exit}`]),
    ...(byteCount <= mostBytes ? [] : [`${who} had ${Math.round(byteCount / mebibytes)} MiB when it was asked to end`]),
  ])
}

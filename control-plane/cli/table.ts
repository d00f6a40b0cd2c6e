// Rows for people: columns as wide as what stands in them.

import { printable } from './printable.ts'

type Cell = string | number | null

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => (cell === null ? '-' : printable(String(cell)))))
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

export const instantText = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

// How long and how deeply nested the functions of a source are.

import { type ESTree, Visitor, type VisitorObject } from 'vite'
import type { LineOf } from './line-finder.ts'

export type FunctionShape = {
  readonly line: number
  readonly lineCount: number
  /** Without the lines of the functions inside it: a factory of closures is judged like the class that it stands for. */
  readonly ownLineCount: number
  /** Levels of statements inside statements; an `else if` is no level of its own. */
  readonly depth: number
}

type Open = { innerLineCount: number; depth: number; deepest: number }

const statements = ['If', 'For', 'ForOf', 'ForIn', 'While', 'DoWhile', 'Switch', 'Try'] as const
const functions = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'] as const

export function functionShapes(program: ESTree.Program, lineOf: LineOf): readonly FunctionShape[] {
  const shapes: FunctionShape[] = []
  const open: Open[] = []
  const chained = new Set<unknown>()

  const enter = () => open.push({ innerLineCount: 0, depth: 0, deepest: 0 })
  const leave = ({ start, end }: ESTree.Span) => {
    const { innerLineCount = 0, deepest = 0 } = open.pop() ?? {}
    const lineCount = lineOf(end) - lineOf(start) + 1
    shapes.push({ line: lineOf(start), lineCount, ownLineCount: lineCount - innerLineCount, depth: deepest })
    const outer = open.at(-1)
    // A function within a line takes nothing away from its neighbour.
    if (outer) outer.innerLineCount += lineCount > 1 ? lineCount : 0
  }
  const deeper = (node: ESTree.Span) => {
    if ('alternate' in node) chained.add(node.alternate)
    const current = open.at(-1)
    if (!current || chained.has(node)) return
    current.depth += 1
    current.deepest = Math.max(current.deepest, current.depth)
  }
  const shallower = (node: ESTree.Span) => {
    const current = open.at(-1)
    if (current && !chained.has(node)) current.depth -= 1
  }

  const visitor: VisitorObject = {}
  for (const name of functions) Object.assign(visitor, { [name]: enter, [`${name}:exit`]: leave })
  for (const name of statements)
    Object.assign(visitor, { [`${name}Statement`]: deeper, [`${name}Statement:exit`]: shallower })
  new Visitor(visitor).visit(program)
  return shapes
}

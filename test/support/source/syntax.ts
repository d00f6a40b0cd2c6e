// Finds in a source what rules are about: globals that it touches, and constructs that may be forbidden.

import { type ESTree, Visitor } from 'vite'
import type { LineOf } from './line-finder.ts'

/** `global`: `what` is a name or a dotted path, `new Date` for one without arguments. */
export type Finding = {
  readonly kind: 'global' | 'any' | 'nonNull' | 'cast' | 'moduleLet' | 'inheritance'
  readonly line: number
  readonly what: string
}

export function syntaxOf(program: ESTree.Program, lineOf: LineOf): readonly Finding[] {
  return [...globals(program, lineOf), ...constructs(program, lineOf), ...moduleLets(program, lineOf)]
}

/** Names that the file does not declare itself, called, read from or constructed. */
function globals(program: ESTree.Program, lineOf: LineOf): readonly Finding[] {
  const declared = new Set<string>()
  const touched: Finding[] = []
  const declare = (pattern: { readonly type: string }) => {
    if ('name' in pattern && typeof pattern.name === 'string') declared.add(pattern.name)
  }
  const touch = (name: string, start: number, what = name) => {
    if (!declared.has(name)) touched.push({ kind: 'global', line: lineOf(start), what })
  }
  const params = (node: ESTree.Function | ESTree.ArrowFunctionExpression) => node.params.forEach(declare)
  const declarations = new Visitor({
    VariableDeclarator: ({ id }) => declare(id),
    ImportSpecifier: ({ local }) => declare(local),
    FunctionDeclaration: (node) => {
      if (node.id) declare(node.id)
      params(node)
    },
    FunctionExpression: params,
    ArrowFunctionExpression: params,
  })
  const uses = new Visitor({
    MemberExpression: ({ object, property, computed, start }) => {
      if (object.type !== 'Identifier') return
      const member = property.type === 'Identifier' && !computed ? property.name : '[…]'
      touch(object.name, start, `${object.name}.${member}`)
    },
    CallExpression: ({ callee, start }) => {
      if (callee.type === 'Identifier') touch(callee.name, start)
    },
    NewExpression: ({ callee, arguments: given, start }) => {
      if (callee.type === 'Identifier' && given.length === 0) touch(callee.name, start, `new ${callee.name}`)
    },
    Identifier: ({ name, start }) => {
      if (name === 'process' || name === 'globalThis') touch(name, start)
    },
  })
  declarations.visit(program)
  uses.visit(program)
  return touched
}

function constructs(program: ESTree.Program, lineOf: LineOf): readonly Finding[] {
  const found: Finding[] = []
  const find = (kind: Finding['kind'], { start }: ESTree.Span, what: string) => {
    found.push({ kind, line: lineOf(start), what })
  }
  new Visitor({
    TSAnyKeyword: (node) => find('any', node, 'any'),
    TSNonNullExpression: (node) => find('nonNull', node, '!'),
    TSAsExpression: (node) => {
      if (!isConst(node.typeAnnotation)) find('cast', node, 'as')
    },
    ClassDeclaration: ({ superClass, start, end }) => {
      const name = superClass?.type === 'Identifier' ? superClass.name : superClass?.type
      if (name !== undefined) find('inheritance', { start, end }, name)
    },
  }).visit(program)
  return found
}

function moduleLets(program: ESTree.Program, lineOf: LineOf): readonly Finding[] {
  return program.body.flatMap((statement): readonly Finding[] => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration') return []
    const { kind, start } = declaration
    return kind === 'let' || kind === 'var' ? [{ kind: 'moduleLet', line: lineOf(start), what: kind }] : []
  })
}

const isConst = (type: ESTree.TSType) =>
  type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'const'

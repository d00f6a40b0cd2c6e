// Finds in a source of the hostile suite the attacks that it names: one by one, and by a table of them.

import { type ESTree, parseSync, Visitor } from 'vite'

type Tables = ReadonlyMap<string, readonly string[]>

/** The sentences as the tests have them. Throws where a table is not written out in the same file. */
export function attackNames(path: string, text: string): readonly string[] {
  const { program } = parseSync(path, text)
  const tables = new Map<string, readonly string[]>()
  const names: string[] = []
  new Visitor({
    VariableDeclarator: ({ id, init }) => {
      const members = init === null ? undefined : membersOf(init, tables)
      if (id.type === 'Identifier' && members !== undefined) tables.set(id.name, members)
    },
  }).visit(program)
  new Visitor({
    CallExpression: ({ callee, arguments: [sentence, table] }) => {
      if (callee.type !== 'Identifier' || !/^attacks?$/.test(callee.name)) return
      const members = callee.name === 'attack' ? [''] : table && membersOf(table, tables)
      if (sentence?.type !== 'Literal' || members === undefined) throw new Error(`${path}: an attack has no plain name`)
      names.push(...members.map((member) => String(sentence.value).replace('%s', member)))
    },
  }).visit(program)
  return names
}

function membersOf(node: ESTree.Node, tables: Tables): readonly string[] | undefined {
  if (node.type === 'TSAsExpression') return membersOf(node.expression, tables)
  if (node.type === 'Identifier') return tables.get(node.name)
  if (node.type !== 'ObjectExpression') return undefined
  return node.properties.flatMap((property) => {
    if (property.type !== 'Property') return []
    const { key } = property
    if (key.type === 'Identifier') return key.name
    return key.type === 'Literal' ? String(key.value) : []
  })
}

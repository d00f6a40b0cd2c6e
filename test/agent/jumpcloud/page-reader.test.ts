import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Call, queryOf } from '../../../agent/jumpcloud/call.ts'
import { CallError } from '../../../agent/jumpcloud/call-error.ts'
import { createPageReader } from '../../../agent/jumpcloud/page-reader.ts'

const listed = {
  operation: 'list them',
  path: '/api/v2/them',
  sort: 'id',
  row: z.object({ id: z.string() }),
  idOf: ({ id }: { readonly id: string }) => id,
}

/** Readers of one connection; `refuses` is asked of each query in turn. */
function connect(refuses: (query: string) => boolean) {
  const asked: string[] = []
  const unsortable = new Set<string>()
  const send = async (call: Call) => {
    asked.push(queryOf(call))
    if (refuses(queryOf(call))) throw new CallError('jumpcloud_refused', 'refused', { sent: 'maybe', status: 400 })
    return { status: 200, header: () => undefined, body: '[]' }
  }
  const settled: boolean[] = []
  const open = (path = listed.path, isSortDropped?: boolean) => {
    const bookmark = { isSortDropped, settleSort: (isDropped: boolean) => void settled.push(isDropped) }
    const read = createPageReader({ ...listed, path }, { send, unsortable, bookmark })
    return (skip: number) => read({ skip, limit: 100 }, new AbortController().signal)
  }
  return { asked, settled, open }
}

const hasSort = (query: string) => query.includes('sort=')

test('asks for the sort on every page', async () => {
  const { asked, open } = connect(() => false)
  const read = open()

  await read(0)
  await read(99)

  expect(asked).toEqual(['?sort=id&skip=0&limit=100', '?sort=id&skip=99&limit=100'])
})

test('reads without it where the first page with it is refused, and remembers that for the path alone', async () => {
  const { asked, open } = connect(hasSort)
  const read = open()

  await read(0)
  await read(99)
  await open()(0)
  await open('/api/v2/others')(0)

  expect(asked.map(hasSort)).toEqual([true, false, false, false, true, false])
})

test('does not blame the sort for a refusal that comes without it too', async () => {
  let isBroken = true
  const { asked, open } = connect(() => isBroken)

  await expect(open()(0)).rejects.toMatchObject({ status: 400 })
  isBroken = false
  await open()(0)

  expect(asked.map(hasSort)).toEqual([true, false, true])
})

test('never changes the order after the first page', async () => {
  const { asked, open } = connect((query) => query.includes('skip=99'))
  const read = open()
  await read(0)

  await expect(read(99)).rejects.toMatchObject({ status: 400 })

  expect(asked.map(hasSort)).toEqual([true, true])
})

test('tells the bookmark whether the sort was dropped', async () => {
  const { settled, open } = connect(hasSort)

  await open()(0)

  expect(settled).toEqual([false, true])
})

test('keeps the order that an earlier process found: without the sort, although JumpCloud would take it now', async () => {
  const { asked, open } = connect(() => false)

  await open(listed.path, true)(300)

  expect(asked).toEqual(['?skip=300&limit=100'])
})

test('keeps the order that an earlier process found: with the sort, although JumpCloud refuses it now', async () => {
  const { asked, open } = connect(hasSort)
  await open()(0)

  await expect(open(listed.path, false)(300)).rejects.toMatchObject({ status: 400 })

  expect(asked.at(-1)).toBe('?sort=id&skip=300&limit=100')
})

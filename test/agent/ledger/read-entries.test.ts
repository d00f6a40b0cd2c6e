import { appendFile, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { beginning, type Head, headOf, lineAfter } from '../../../agent/ledger/chain.ts'
import type { Entry } from '../../../agent/ledger/entry.ts'
import { ledgerPath } from '../../../agent/ledger/ledger-paths.ts'
import { findTail } from '../../../agent/ledger/ledger-tail.ts'
import { entriesBehind } from '../../../agent/ledger/read-entries.ts'

const entry: Entry = {
  ...{ kind: 'run.answered', run: 'run_1', attempt: 1, answer: 'done', outcome: null },
  ...{ pages: 1, rows: 1, bytes: 20, sha256: 'f'.repeat(64) },
}

/** The line after a head, and the head after it. */
function after(head: Head): readonly [string, Head] {
  const line = lineAfter(head, entry, 0)
  return [`${line}\n`, headOf(head.seq + 1, line)]
}

test('what was written behind an end is read alone, in the file that was begun since, too', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-entries-'))
  const [first, second] = [ledgerPath(folder.path, 1).path, ledgerPath(folder.path, 2).path]
  const seqs = (end: ReturnType<typeof findTail>) => [...entriesBehind(folder.path, end)].map(({ link }) => link.seq)
  const none = findTail(folder.path)
  const [one, atOne] = after(beginning)
  const [two, atTwo] = after(atOne)
  const [three] = after(atTwo)

  await writeFile(first, one)
  const end = findTail(folder.path)
  const before = [seqs(none), seqs(end)]
  await appendFile(first, two)
  await writeFile(second, three)

  expect(before).toEqual([[1], []])
  expect([seqs(none), seqs(end)]).toEqual([
    [1, 2, 3],
    [2, 3],
  ])
})

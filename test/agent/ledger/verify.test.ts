// Who can hide what. An outsider can change the files, or a copy of them, and has not the key of the replica. The user of the
// service has it too, and so has root.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeReplicaKey } from '../../../agent/identity/replica-key.ts'
import { beginning, type Head, headOf } from '../../../agent/ledger/chain.ts'
import { readLines } from '../../../agent/ledger/read-lines.ts'
import { createSignHead } from '../../../agent/ledger/signed-head.ts'
import { verifyLedger } from '../../../agent/ledger/verify.ts'
import { createLedgerDirectory, days, type LedgerDirectory, type LedgerText } from './open-test-ledger.ts'

/** Five runs, a signed head, and what was kept of it elsewhere. */
async function openWritten() {
  const directory = await createLedgerDirectory()
  await directory.fill(5)
  const path = join(directory.folder, '000001.jsonl')
  const lines = await directory.read()
  const { last } = directory.verify()
  const put = (texts: readonly string[]) => writeFile(path, texts.map((text) => `${text}\n`).join(''))
  return { ...directory, lines, elsewhere: last ?? beginning, put }
}

const textsOf = (lines: readonly LedgerText[]) => lines.map(({ text }) => text)

/** The chain made anew over what the entries say; heads are signed where there is a key. */
function rechained(lines: readonly LedgerText[], { key }: { key: LedgerDirectory['key'] | undefined }): string[] {
  const sign = key && createSignHead({ agent: 'acme', replica: 'replica-1', key })
  let head: Head = beginning
  return lines.map(({ entry }) => {
    const own = entry.kind === 'ledger.head' && sign !== undefined ? { ...sign(head) } : {}
    const text = JSON.stringify({ ...entry, ...own, seq: head.seq + 1, before: head.hash })
    head = headOf(head.seq + 1, text)
    return text
  })
}

describe('an outsider cannot hide', () => {
  const forgeries: readonly (readonly [string, (lines: readonly LedgerText[]) => readonly string[], string])[] = [
    [
      'an edited line',
      (lines) => textsOf(lines).map((text) => text.replace('run-1', 'run-9')),
      'does not follow from the line before',
    ],
    ['a deleted line', (lines) => textsOf(lines).toSpliced(2, 1), 'and 3 comes here'],
    ['the first line', (lines) => textsOf(lines).slice(1), 'no line says that those before were removed'],
    [
      'two lines in another order',
      (lines) => {
        const [first = '', second = '', ...rest] = textsOf(lines)
        return [second, first, ...rest]
      },
      'comes here',
    ],
    ['an added line', (lines) => textsOf(lines).toSpliced(2, 0, textsOf(lines)[2] ?? ''), 'and 4 comes here'],
    [
      'a line left out of a chain that was made anew',
      (lines) => rechained(lines.toSpliced(2, 1), { key: undefined }),
      'its head is not that of the line before',
    ],
    [
      'a chain that was made anew and signed by another key',
      (lines) => rechained(lines.toSpliced(2, 1), { key: makeReplicaKey() }),
      'no head in it is signed by the key of this replica',
    ],
    [
      'a chain without its signatures',
      (lines) => rechained(lines.filter(({ entry }) => entry.kind !== 'ledger.head').slice(1), { key: undefined }),
      'no head in it is signed by the key of this replica',
    ],
  ]

  test.each(forgeries)('%s', async (_, forge, why) => {
    await using ledger = await openWritten()

    await ledger.put(forge(ledger.lines))

    expect(ledger.verify().fault).toMatchObject({ why: expect.stringContaining(why) })
  })

  test('a signed head that was put under another chain', async () => {
    await using ledger = await openWritten()
    const { entry: genuine } = ledger.lines.at(-1) ?? { entry: {} }
    const forged = rechained(ledger.lines.slice(1), { key: undefined }).slice(0, -1)
    const before = headOf(forged.length, forged.at(-1) ?? '')

    await ledger.put([
      ...forged,
      JSON.stringify({ ...genuine, seq: forged.length + 1, before: before.hash, head: before }),
    ])

    expect(ledger.verify().fault).toMatchObject({ why: 'its signature is not by the key of this replica' })
  })

  test('that the ledger is gone', async () => {
    await using ledger = await openWritten()

    await rm(ledger.folder, { recursive: true })

    expect(ledger.verify().fault).toEqual({ why: 'there is no ledger' })
  })

  test('a file that was taken out between two others', async () => {
    await using directory = await createLedgerDirectory()
    const settings = { fileBytes: 1000, fileMs: days, keepMs: 400 * days, keepBytes: 1e9 }
    for (let time = 0; time < 3; time += 1) await directory.fill(5, { settings })

    await rm(join(directory.folder, '000002.jsonl'))

    expect(directory.verify().fault).toMatchObject({ file: '000003.jsonl', line: 1 })
  })
})

describe('an outsider can hide', () => {
  test('what came last, from who has kept no head of it elsewhere, and from nobody else', async () => {
    await using ledger = await openWritten()
    await ledger.fill(2)
    const { last } = ledger.verify()

    await ledger.put(textsOf(ledger.lines))

    expect(ledger.verify().fault).toBeUndefined()
    expect(ledger.verify(last ?? beginning).fault).toMatchObject({
      why: expect.stringContaining('what came last was cut off'),
    })
  })
})

describe('the user of the service, and root, who have the key', () => {
  test('can rewrite all of it for who has kept no head elsewhere', async () => {
    await using ledger = await openWritten()

    await ledger.put(rechained(ledger.lines.toSpliced(2, 1), ledger))

    expect(ledger.verify().fault).toBeUndefined()
  })

  test('cannot rewrite what is older than a head that was kept elsewhere', async () => {
    await using ledger = await openWritten()
    await ledger.fill(2)
    const later = await ledger.read()

    await ledger.put(rechained(later.toSpliced(2, 1), ledger))

    expect(ledger.verify(ledger.elsewhere).fault).toMatchObject({
      line: ledger.elsewhere.seq,
      why: expect.stringContaining('of which a head was kept elsewhere'),
    })
  })

  test('cannot cut off what a head was kept of', async () => {
    await using ledger = await openWritten()

    await ledger.put(rechained(ledger.lines.slice(0, 2), ledger))

    expect(ledger.verify(ledger.elsewhere).fault).toMatchObject({ why: expect.stringContaining('was cut off') })
  })

  test('can rewrite what came after the newest head that was kept elsewhere', async () => {
    await using ledger = await openWritten()
    await ledger.fill(2)

    const later = await ledger.read()
    const kept = later.slice(0, ledger.elsewhere.seq)
    const others = later.slice(ledger.elsewhere.seq + 1)
    await ledger.put(rechained([...kept, ...others], ledger))

    expect(ledger.verify(ledger.elsewhere).fault).toBeUndefined()
  })
})

test('a head that is older than what retention left cannot be compared, and that is said', async () => {
  await using directory = await createLedgerDirectory()
  const settings = { fileBytes: 1000, fileMs: days, keepMs: 10 * days, keepBytes: 1e9 }
  await directory.fill(5, { settings })
  await directory.fill(5, { settings })
  await directory.clock.advance(11 * days)
  await directory.fill(1, { settings })

  const { fault } = directory.verify({ seq: 1, hash: 'a'.repeat(64) })

  expect(fault).toMatchObject({ why: expect.stringContaining('older than what is kept here') })
})

test('heads by a key that the replica had before are covered by those of its key now', async () => {
  await using directory = await createLedgerDirectory()
  const former = { agent: 'acme', replica: 'replica-0', key: makeReplicaKey() }
  await directory.fill(2, { identity: former })
  await directory.fill(2)

  expect(directory.verify().fault).toBeUndefined()
  expect(verifyLedger({ directory: directory.folder, publicKey: former.key.x, heads: [] }).fault).toBeUndefined()
})

test('what is read at a time does not grow with the ledger', async () => {
  await using directory = await createLedgerDirectory()
  for (let time = 0; time < 5; time += 1) await directory.fill(4000)
  const buffers = new Set<ArrayBufferLike>()
  let lineCount = 0

  for (const { bytes } of readLines(directory.folder)) {
    buffers.add(bytes.buffer)
    lineCount += 1
  }

  expect(lineCount).toBe(20_009)
  expect(buffers.size).toBe(1)
})

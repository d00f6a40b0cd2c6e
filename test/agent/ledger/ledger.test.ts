import { createHash } from 'node:crypto'
import { appendFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { Secret } from '../../../agent/vault/secret.ts'
import { answered, createLedgerDirectory, days } from './open-test-ledger.ts'

test('each line holds the hash of the bytes of the line before, and the last ones are signed', async () => {
  await using directory = await createLedgerDirectory()

  await directory.fill(2)

  const lines = await directory.read()
  expect(lines.map(({ entry }) => [entry.seq, entry.kind])).toEqual([
    [1, 'run.answered'],
    [2, 'run.answered'],
    [3, 'ledger.head'],
  ])
  for (const [index, { entry }] of lines.entries()) {
    const before = lines[index - 1]?.text
    expect(entry.before).toBe(before === undefined ? '0'.repeat(64) : createHash('sha256').update(before).digest('hex'))
  }
  expect(directory.verify()).toMatchObject({ fault: undefined, lineCount: 3, signed: { seq: 2 }, tornBytes: 0 })
})

test('is for its owner alone', async () => {
  await using directory = await createLedgerDirectory()

  await directory.fill(1)

  expect((await stat(directory.folder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(directory.folder, '000001.jsonl'))).mode & 0o777).toBe(0o600)
})

test('goes on where it ended', async () => {
  await using directory = await createLedgerDirectory()
  await directory.fill(1)
  const [head] = [directory.verify().last]

  await directory.fill(1)

  expect(head).toMatchObject({ seq: 2 })
  expect(directory.verify(...(head === undefined ? [] : [head]))).toMatchObject({ fault: undefined, lineCount: 5 })
})

test('what is durable is on the disk, and is the head that is told', async () => {
  await using directory = await createLedgerDirectory()
  await using ledger = await directory.open()
  expect(ledger.head).toBeNull()

  ledger.add(answered('run-1'))
  await ledger.durable()

  expect(ledger.head).toMatchObject({ seq: 1 })
  expect((await directory.read()).length).toBe(1)
})

test('what nobody waits for is on the disk after a second, and signed after five minutes', async () => {
  await using directory = await createLedgerDirectory()
  await using ledger = await directory.open()

  ledger.add(answered('run-1'))
  await directory.clock.asleep(1000)
  await directory.clock.advance(1000)
  await ledger.durable()
  await directory.clock.asleep(5 * 60_000)
  await directory.clock.advance(5 * 60_000)
  await ledger.durable()

  expect((await directory.read()).map(({ entry }) => entry.kind)).toEqual(['run.answered', 'ledger.head'])
  expect(directory.lines).toContainEqual({ event: 'ledger.head', fields: expect.objectContaining({ seq: 1 }) })
})

test('a line that a crash tore is cut off, and the ledger says so', async () => {
  await using directory = await createLedgerDirectory()
  await directory.fill(1)
  await appendFile(join(directory.folder, '000001.jsonl'), '{"seq":3,"at":"20')
  expect(directory.verify()).toMatchObject({ fault: undefined, tornBytes: 17 })

  await directory.fill(0)

  expect(directory.verify()).toMatchObject({ fault: undefined, tornBytes: 0 })
  expect((await directory.read())[2]?.entry).toMatchObject({ kind: 'ledger.mended', file: '000001.jsonl', bytes: 17 })
})

test('goes on after a line that was made unreadable, and leaves it for whoever looks', async () => {
  await using directory = await createLedgerDirectory()
  await directory.fill(1)
  const path = join(directory.folder, '000001.jsonl')
  const text = await readFile(path, 'utf8')
  await writeFile(path, `${text}not a line\n`)

  await directory.fill(1)

  expect((await readFile(path, 'utf8')).startsWith(`${text}not a line\n{"seq":4,`)).toBe(true)
  expect(directory.verify().fault).toMatchObject({ line: 3, why: 'it is no line of a ledger' })
})

test('refuses to begin on what is no ledger', async () => {
  await using directory = await createLedgerDirectory()
  await mkdir(directory.folder)
  await writeFile(join(directory.folder, '000001.jsonl'), 'something else\n')

  await expect(directory.open()).rejects.toMatchObject({ code: 'configuration_invalid' })
})

test('a large file is followed by another, and so is an old one', async () => {
  await using directory = await createLedgerDirectory()
  const settings = { fileBytes: 1000, fileMs: days, keepMs: 400 * days, keepBytes: 1e9 }
  await directory.fill(5, { settings })
  expect(await directory.names()).toEqual(['000001.jsonl', '000002.jsonl'])
  await directory.fill(1, { settings })

  await directory.clock.advance(days)
  await directory.fill(1, { settings })

  expect((await directory.names()).length).toBeGreaterThan(2)
  expect(directory.verify()).toMatchObject({ fault: undefined, first: { seq: 1 } })
})

test('retention removes whole old files, and the ledger says so', async () => {
  await using directory = await createLedgerDirectory()
  const settings = { fileBytes: 1000, fileMs: days, keepMs: 10 * days, keepBytes: 1e9 }
  await directory.fill(5, { settings })
  await directory.fill(5, { settings })

  await directory.clock.advance(11 * days)
  await directory.fill(1, { settings })

  const verdict = directory.verify()
  expect(await directory.names()).not.toContain('000001.jsonl')
  expect(verdict.fault).toBeUndefined()
  expect(verdict.first?.seq).toBeGreaterThan(1)
  expect((await directory.read()).map(({ entry }) => entry.kind)).toContain('ledger.pruned')
  const told = directory.lines.filter(({ event }) => event === 'ledger.pruned')
  expect(told).toEqual([{ event: 'ledger.pruned', fields: { files: expect.arrayContaining(['000001.jsonl']) } }])
})

test('retention removes the oldest files while all together are too large', async () => {
  await using directory = await createLedgerDirectory()
  const settings = { fileBytes: 1000, fileMs: days, keepMs: 10 * days, keepBytes: 2500 }
  for (let time = 0; time < 4; time += 1) await directory.fill(5, { settings })
  await directory.fill(0, { settings })

  const names = await directory.names()
  expect(names).not.toContain('000001.jsonl')
  expect(names.length).toBeLessThanOrEqual(3)
  expect(directory.verify().fault).toBeUndefined()
  expect(directory.lines).toContainEqual({
    event: 'ledger.pruned',
    fields: { files: ['000001.jsonl'], message: expect.stringContaining('larger than keepBytes') },
  })
})

test('a file that is removed while it is written is missed at once, and the next one says so', async () => {
  await using directory = await createLedgerDirectory()
  await using ledger = await directory.open()
  ledger.add(answered('run-1'))
  await ledger.durable()

  await rm(join(directory.folder, '000001.jsonl'))
  ledger.add(answered('run-2'))
  await ledger.durable()

  expect((await directory.read())[0]?.entry).toMatchObject({ kind: 'ledger.displaced', file: '000001.jsonl' })
  expect(directory.lines.map(({ event }) => event)).toContain('ledger.displaced')
  expect(directory.verify().fault).toMatchObject({ why: expect.stringContaining('begins with line 3') })
})

test.each([
  ['at once', 0],
  ['although more was written behind the gap', 1],
])('a file that is cut while it is written is missed %s', async (_, more) => {
  await using directory = await createLedgerDirectory()
  await using ledger = await directory.open()
  for (let run = 0; run < 3; run += 1) ledger.add(answered(`run-${run}`))
  await ledger.durable()

  await truncate(join(directory.folder, '000001.jsonl'), 10)
  for (let run = 0; run < more; run += 1) ledger.add(answered(`run-after-${run}`))
  await ledger.durable()

  expect(directory.lines.map(({ event }) => event)).toContain('ledger.displaced')
})

test('a line that holds a secret is not written, and one that says so stands in its place', async () => {
  await using directory = await createLedgerDirectory()
  const guard = createLeakGuard()
  guard.protect(new Secret('jca_0123456789abcdefghijklmnopqrstuv'), 'main')

  {
    await using ledger = await directory.open({ guard })
    ledger.add(answered('run-1'))
    ledger.add(answered('jca_0123456789abcdefghijklmnopqrstuv'))
  }

  const [first, second] = await directory.read()
  expect(first?.entry).toMatchObject({ kind: 'run.answered' })
  expect(second?.entry).toMatchObject({ kind: 'ledger.blocked', blocked: 'run.answered', secret: 'main' })
  expect(directory.verify().fault).toBeUndefined()
})

test('a line that is too long is not written, and one that says so stands in its place', async () => {
  await using directory = await createLedgerDirectory()

  {
    await using ledger = await directory.open()
    ledger.add(answered('x'.repeat(70_000)))
  }

  expect((await directory.read())[0]?.entry).toMatchObject({ kind: 'ledger.blocked', encoding: 'too long' })
})

test('while it cannot be written its state says why, what is durable waits, and it goes on by itself', async () => {
  await using directory = await createLedgerDirectory()
  await writeFile(directory.folder, 'in the way')
  await using ledger = await directory.open()
  const states: string[] = []
  ledger.onChange(({ name }) => states.push(name))
  expect(ledger.state).toMatchObject({ name: 'failing', message: expect.stringContaining('Writes wait') })

  ledger.add(answered('run-1'))
  const durable = ledger.durable()
  await directory.clock.asleep(1000)
  await rm(directory.folder)
  await directory.clock.advance(1000)
  await durable

  expect(states).toEqual(['ok'])
  expect((await directory.read())[0]?.entry).toMatchObject({ kind: 'run.answered', run: 'run-1' })
})

test('closing it twice is closing it once, and what comes later is not kept', async () => {
  await using directory = await createLedgerDirectory()
  const ledger = await directory.open()
  ledger.add(answered('run-1'))

  await Promise.all([ledger.close(), ledger.close()])
  ledger.add(answered('run-2'))

  expect((await directory.read()).length).toBe(2)
})

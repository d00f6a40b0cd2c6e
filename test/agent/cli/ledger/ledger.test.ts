import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../../../agent/cli/run.ts'
import { openIdentityFile } from '../../../../agent/identity/identity.ts'
import { commandHost } from '../../../support/command-host.ts'
import { answered, createLedgerDirectory, type LedgerDirectory } from '../../ledger/open-test-ledger.ts'

async function openFilledHost() {
  const directory = await createLedgerDirectory()
  const keys = { plane: 'plane-1', version: 1, keys: [{ kid: 'k'.repeat(43), x: directory.key.x }] }
  await openIdentityFile(directory.path).write({
    ...{ version: 1, agent: 'acme', replica: 'replica-1', key: directory.key, counter: 0 },
    plane: { id: 'plane-1', keys },
  })
  await directory.fill(3)
  return { ...directory, sallyport: (...words: readonly string[]) => sallyport(directory, words) }
}

async function sallyport(directory: LedgerDirectory, words: readonly string[]) {
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const args = ['node', 'sallyport', 'ledger', ...words, '--state', directory.path]
  const code = await run(args, commandHost({ print: say, complain: say }))
  return { code, text: said.join('\n') }
}

describe('verify', () => {
  test('says that it is whole, and how far it is signed', async () => {
    await using host = await openFilledHost()
    const { last } = host.verify()

    const { code, text } = await host.sallyport('verify', '--head', `${last?.seq}:${last?.hash}`)

    expect(code).toBe(0)
    expect(text).toContain('whole: 4 lines, 1 to 4, signed by this replica up to line 3; 1 heads from elsewhere fit')
    expect(text.split('\n')).toContain(`head 4:${last?.hash}`)
  })

  test('ends with 1 and names the first line that is wrong', async () => {
    await using host = await openFilledHost()
    const path = join(host.folder, '000001.jsonl')
    await writeFile(path, (await readFile(path, 'utf8')).replace('run-1', 'run-9'))

    const { code, text } = await host.sallyport('verify')

    expect(code).toBe(1)
    expect(text).toMatch(/ledger_broken: .*000001\.jsonl:3: it does not follow from the line before/)
  })

  test('says the same as JSON', async () => {
    await using host = await openFilledHost()
    const whole = await host.sallyport('verify', '--json')
    await appendFile(join(host.folder, '000001.jsonl'), 'x\n')
    const broken = await host.sallyport('verify', '--json')

    expect(JSON.parse(whole.text)).toMatchObject({ isWhole: true, lineCount: 4 })
    expect(JSON.parse(broken.text.split('\n')[0] ?? '')).toMatchObject({ isWhole: false, fault: { line: 5 } })
  })

  test('ends with 2 on a head that is none, and on a host that has no key', async () => {
    await using host = await openFilledHost()
    expect((await host.sallyport('verify', '--head', 'x')).code).toBe(2)
    await openIdentityFile(host.path).remove()

    expect((await host.sallyport('verify')).code).toBe(2)
    expect((await host.sallyport('verify', '--key', host.key.x)).code).toBe(0)
  })
})

test('show prints what was done for a run, and ends with 1 where it is not known', async () => {
  await using host = await openFilledHost()
  const { code, text } = await host.sallyport('show', 'run-1')

  expect(code).toBe(0)
  expect(text).toMatch(/^\S+ #2 run\.answered run=run-1 attempt=1 answer=done pages=1 rows=1 bytes=20 sha256=a+$/)
  expect(await host.sallyport('show', 'run-7')).toMatchObject({ code: 1, text: expect.stringContaining('run_unknown') })
})

test('tail prints the newest lines, the last one last', async () => {
  await using host = await openFilledHost()
  const { text } = await host.sallyport('tail', '-n', '2')

  expect(text.split('\n').map((line) => line.split(' ').slice(1, 3))).toEqual([
    ['#3', 'run.answered'],
    ['#4', 'ledger.head'],
  ])
})

test('export prints the lines of a span as they are', async () => {
  await using host = await openFilledHost()
  await host.clock.advance(60_000)
  const from = new Date(host.clock.now()).toISOString()
  {
    await using ledger = await host.open()
    ledger.add(answered('run-later'))
  }
  const all = await readFile(join(host.folder, '000001.jsonl'), 'utf8')

  expect(`${(await host.sallyport('export')).text}\n`).toBe(all)
  expect((await host.sallyport('export', '--from', from)).text).toContain('run-later')
  expect((await host.sallyport('export', '--to', from)).text).not.toContain('run-later')
  expect((await host.sallyport('export', '--from', 'yesterday')).code).toBe(2)
})

test('what stands in an entry cannot move the cursor of a terminal', async () => {
  await using host = await openFilledHost()
  {
    await using ledger = await host.open()
    ledger.add(answered('run-\u001b[2J\u009b2J\u202e\u2066'))
  }

  const { text } = await host.sallyport('tail', '-n', '2')

  expect(text).toContain('run="run-\\u001b[2J\\u009b2J\\u202e\\u2066"')
})

describe('something else in the place of a file of the ledger', () => {
  const others: readonly (readonly [string, (path: string) => unknown])[] = [
    ['a FIFO', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdir(path)],
  ]

  test.each(others)('is not waited for, and is named: %s', async (_, make) => {
    await using host = await openFilledHost()
    await make(join(host.folder, '000002.jsonl'))

    const ends = await Promise.all([host.sallyport('verify'), host.sallyport('tail'), host.sallyport('export')])

    const says = /ledger_broken: read the ledger: .*000002\.jsonl is no file, and was put there by somebody/
    for (const end of ends) expect(end).toMatchObject({ code: 1, text: expect.stringMatching(says) })
    await expect(host.open()).rejects.toMatchObject({ code: 'ledger_broken' })
  })
})

test('verify names a line that is longer than any, instead of counting a part of it', async () => {
  await using host = await openFilledHost()
  await appendFile(join(host.folder, '000001.jsonl'), 'x'.repeat(1_000_000))

  const { code, text } = await host.sallyport('verify')

  expect({ code, text }).toMatchObject({
    code: 1,
    text: expect.stringMatching(/000001\.jsonl:5: it is longer than the 65536 bytes that a line may have/),
  })
})

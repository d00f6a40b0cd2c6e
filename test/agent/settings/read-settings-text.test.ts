import { expect, test } from 'vitest'
import type { FileRead } from '../../../agent/ports/files.ts'
import { readSettingsText } from '../../../agent/settings/read-settings-text.ts'

const read = (answer: Promise<FileRead>) =>
  readSettingsText({ path: '/etc/box.yaml', files: { read: () => answer }, what: 'box', code: 'policy_invalid' })

const file = (bytes: Uint8Array, whole = true): Promise<FileRead> =>
  Promise.resolve({ kind: 'file', bytes, whole, mode: 0o644 })

const failing = (code: string): Promise<FileRead> => Promise.reject(Object.assign(new Error(code), { code }))

test('gives the text of a file that anybody may read, byte order mark included', async () => {
  expect(await read(file(Buffer.from('\uFEFFa: 1\n')))).toBe('\uFEFFa: 1\n')
})

test.each([
  ['is missing', () => failing('ENOENT'), 'there is no such file; write it, or name another'],
  ['may not be read', () => failing('EACCES'), 'the service may not read it; let its user do so'],
  ['fails to be read', () => failing('EIO'), 'it cannot be read (EIO)'],
  ['is a folder', () => Promise.resolve<FileRead>({ kind: 'other' }), 'it is not a regular file; name one'],
  ['is too large', () => file(Buffer.from('a'), false), 'it is over 1048576 bytes; name the right file'],
  [
    'anybody on the host may change',
    () => Promise.resolve<FileRead>({ kind: 'file', bytes: Buffer.from('a: 1'), whole: true, mode: 0o666 }),
    'every user of this host may write it, and so decide what it says; run: chmod o-w /etc/box.yaml',
  ],
  ['is not UTF-8', () => file(Buffer.from([0xff, 0xfe, 0x61, 0])), 'it is not UTF-8 text; save it as UTF-8'],
])('says what to do about a file that %s', async (_, answer, words) => {
  await expect(read(answer())).rejects.toMatchObject({
    code: 'policy_invalid',
    message: `read the box: /etc/box.yaml: ${words}`,
  })
})

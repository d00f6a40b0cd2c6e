import { execFileSync } from 'node:child_process'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeRunText } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { approvalKey, whyNotApproved } from '../../../agent/policy/approval.ts'
import { approvalFor, makeApprover } from '../../support/approval.ts'
import { runProgram } from '../../support/program.ts'

const params = { userIds: ['6026bec6b8207255280d5981'], groupId: '6026da081f24755306c2ee0d' }
const run = { job: 'groups.members.add', connection: 'main', params, requester: 'ops' }
const made = z.object({ approval: z.string(), run: z.string(), digest: z.string(), notAfter: z.number(), approvalKey })

async function aFolder() {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-approve-'))
  const { jwk } = await makeApprover()
  const at = (name: string) => join(directory.path, name)
  await writeFile(at('key'), JSON.stringify(jwk), { mode: 0o600 })
  const approve = async (text: string, ...flags: readonly string[]) => {
    await writeFile(at('run.json'), text)
    return runProgram('agent/main.ts', { args: ['approve', at('run.json'), '--key', at('key'), ...flags] })
  }
  return { at, jwk, approve, [Symbol.asyncDispose]: () => directory.remove() }
}

test('approves the bytes that the control plane will make of a run', async () => {
  await using folder = await aFolder()

  const { code, text } = await folder.approve(JSON.stringify({ agent: 'acme', ...run }), '--json')

  const said = made.parse(JSON.parse(text))
  const ordered = { groupId: params.groupId, userIds: params.userIds, dryRun: false }
  const { digest } = approvalFor(said.run, writeRunText({ ...run, id: said.run, params: ordered }), 0)
  const asked = { agent: 'acme', run: said.run, digest, approval: said.approval }
  expect({ code, digest: said.digest }).toEqual({ code: 0, digest })
  expect(whyNotApproved(said.approvalKey, asked, said.notAfter - 1000)).toBeUndefined()
  expect(text).not.toContain(folder.jwk.d)
})

test('refuses what is no run and no key, and repeats nothing of a key', async () => {
  await using folder = await aFolder()

  const typo = await folder.approve(JSON.stringify({ agent: 'acme', ...run, conection: 'main' }))
  const params = await folder.approve(JSON.stringify({ agent: 'acme', ...run, params: { groupId: 'x' } }))
  await writeFile(folder.at('key'), 'a secret that is no key')
  const key = await folder.approve(JSON.stringify({ agent: 'acme', ...run }))

  expect(typo).toMatchObject({ code: 2, text: expect.stringContaining('conection') })
  expect(params).toMatchObject({ code: 1, text: expect.stringContaining('params_invalid') })
  expect(key).toMatchObject({ code: 2, text: expect.stringContaining('holds no private Ed25519 key') })
  expect(key.text).not.toContain('a secret')
})

test('does not wait for a run file that is none', async () => {
  await using folder = await aFolder()
  execFileSync('mkfifo', [folder.at('pipe')])

  const args = ['approve', folder.at('pipe'), '--key', folder.at('key')]
  const { code, text } = await runProgram('agent/main.ts', { args })

  expect({ code, text }).toMatchObject({ code: 2, text: expect.stringContaining('pipe: it is no file; name one') })
})

// What doctor says is to be done is done, as it is written, in a shell: after it the check is well, or the next one is named.

import { spawn } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { type DoctorWorld, findingOf, openDoctorWorld } from '../support/doctor-world.ts'

const main = join(import.meta.dirname, '../../agent/main.ts')

/** A shell in which `sallyport` is the program of this repository, as the package puts it on the path. */
async function shell(world: DoctorWorld, command: string, input: string): Promise<string> {
  await mkdir(world.at('bin'), { recursive: true })
  await writeFile(world.at('bin/sallyport'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 })
  const env = { PATH: `${world.at('bin')}:${process.env.PATH}` }
  const child = spawn('sh', ['-c', `{ ${command}; } 2>&1`], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return await text(child.stdout)
}

/** A person has a fresh code, or a key, at hand. */
async function inputFor(world: DoctorWorld, command: string): Promise<string> {
  if (!command.includes('enrol')) return world.jumpcloud.keys.administrator
  return (await world.plane.plane.administration.createCode('test', 'acme')).text
}

type Case = readonly [what: string, id: string, command: RegExp, breaking: (world: DoctorWorld) => Promise<void>]

const cases: readonly Case[] = [
  [
    'is not enrolled',
    'identity.valid',
    /^sallyport enrol --plane http:\S+ --code - --config /,
    async ({ identityFile }) => {
      await identityFile.remove()
    },
  ],
  [
    'has an identity that is cut off',
    'identity.valid',
    /^mv \S+ \S+\.old && sallyport enrol .* --state /,
    async ({ identityFile }) => {
      await writeFile(identityFile.path, '{"version": 1', { mode: 0o600 })
    },
  ],
  [
    'was revoked',
    'plane.enrolment',
    /^sallyport enrol /,
    async ({ plane, identityFile }) => {
      const { agent, replica } = await identityFile.read()
      await plane.plane.administration.revokeReplica('test', agent, replica)
    },
  ],
  [
    'has the panic switch on',
    'policy.panic',
    /^sallyport panic --lift --config /,
    async ({ at }) => {
      await writeFile(at('state/panic'), '')
    },
  ],
  [
    'may not write into its state directory',
    'state.mode',
    /^chmod -R /,
    async ({ at }) => {
      await chmod(at('state'), 0o500)
    },
  ],
  [
    'may not write its identity',
    'state.mode',
    /^chmod -R /,
    async ({ identityFile }) => {
      await chmod(identityFile.path, 0o400)
    },
  ],
  [
    'has a key of the journal that is open to others',
    'journal.key',
    /^chmod 600 /,
    async ({ at }) => {
      await writeFile(at('state/journal.key'), Buffer.alloc(32, 7))
      await chmod(at('state/journal.key'), 0o644)
    },
  ],
  [
    'has no JumpCloud key',
    'key.source:main',
    /^sallyport token set main --config /,
    async ({ at }) => {
      await rm(at('key'))
    },
  ],
  [
    'has a JumpCloud key that is not taken',
    'jumpcloud.credential:main',
    /^sallyport token set main --config /,
    async ({ at }) => {
      await writeFile(at('key'), 'jca_wrongwrongwrongwrongwrongwrong', { mode: 0o600 })
    },
  ],
]

test.each(cases)('a host that %s: %s', async (_, id, command, breaking) => {
  await using world = await openDoctorWorld()
  await breaking(world)
  const before = await world.diagnose()
  const { name, mend } = findingOf(before, before.failed[0] ?? 'nothing that failed')

  const said = await shell(world, mend, await inputFor(world, mend))

  expect([name, mend]).toEqual([id, expect.stringMatching(command)])
  expect([(await world.diagnose()).failed, said]).toEqual([['agent.running'], said])
})

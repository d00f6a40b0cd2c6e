import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type UninstallHost, uninstall } from '../../../../agent/cli/setup/uninstall.ts'
import { openIdentityFile } from '../../../../agent/identity/identity.ts'
import type { Installation } from '../../../../agent/setup/installation.ts'
import { openHost } from '../../../support/cli-host.ts'
import { commandHost } from '../../../support/command-host.ts'
import { startPlanePeer } from '../../../support/plane-peer.ts'
import { enrolAt } from '../../../support/running-agent.ts'

type Change = Partial<Pick<UninstallHost, 'isRoot'> & Pick<Installation, 'by'>>

/** A host that is enrolled, what was said and what was done there. */
async function startHost({ isRoot = true, ...change }: Change = {}) {
  await using parts = new AsyncDisposableStack()
  const plane = parts.use(await startPlanePeer())
  const files = parts.use(await openHost(plane.url))
  await enrolAt(plane, openIdentityFile(files.state))
  const said: string[] = []
  const done: string[] = []
  const act = async (what: string) => {
    done.push(what)
    return { ok: true, said: '', left: ['/var/lib/private/sallyport'].filter(() => what.endsWith('data')) }
  }
  const installation: Installation = {
    ...{ by: 'script', stop: () => act('stopped'), remove: (what) => act(`removed ${what}`) },
    ...change,
  }
  const environment = { SALLYPORT_CONFIG: files.at('config.yaml'), SALLYPORT_STATE_DIR: files.state }
  const host = { ...commandHost({ environment, print: (line) => void said.push(line) }), installation, isRoot }
  const owned = parts.move()
  return { plane, files, host, said, done, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('keeps the enrolment, and says what else is kept', async () => {
  await using world = await startHost()

  await uninstall({}, world.host)

  expect(world.done).toEqual(['stopped', 'removed program'])
  expect(existsSync(world.files.at('identity.json'))).toBe(true)
  expect(world.said).toEqual([
    'removed; configuration, credentials and state are kept: /etc/sallyport, /var/lib/sallyport',
    expect.stringMatching(/^still to do, to be rid of those too: install it again, and "sallyport uninstall --purge"/),
  ])
})

test('where the control plane does not confirm, the rest is removed, and that is what is left to do', async () => {
  await using world = await startHost()
  await world.plane[Symbol.asyncDispose]()

  await uninstall({ purge: true }, world.host)

  expect(world.done).toEqual(['stopped', 'removed program and data'])
  expect(world.said).toEqual([
    'removed, with configuration, credentials, state and ledger',
    expect.stringMatching(/^still to do: revoke replica \S+ of agent \S+ at the control plane .* not reached/),
    'still to do: revoke the JumpCloud credential at JumpCloud, if it was for this agent alone (connections: main)',
    expect.stringMatching(/^still to do: remove the firewall rule .*: 127\.0\.0\.1:\d+, console\.jumpcloud\.com:443/),
    'still to do: remove /var/lib/private/sallyport, which could only be emptied',
  ])
})

const refused: ReadonlyArray<readonly [string, Change, RegExp]> = [
  ['for anybody but root', { isRoot: false }, /only root/],
  ['where nothing was installed', { by: undefined }, /neither the Debian package nor install\.sh/],
]

test.each(refused)('changes nothing %s', async (_, change, why) => {
  await using world = await startHost(change)

  await expect(uninstall({ purge: true }, world.host)).rejects.toThrow(why)

  expect(world.done).toEqual([])
  expect(existsSync(world.files.at('identity.json'))).toBe(true)
})

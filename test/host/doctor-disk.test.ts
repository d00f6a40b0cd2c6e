// Doctor on a state directory whose disk is really full, or really mounted read-only: file systems of their own, which nobody
// else sees.

import { expect, test } from 'vitest'
import { z } from 'zod'
import { openIdentityFile } from '../../agent/identity/identity.ts'
import { openHost } from '../support/cli-host.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import { runProgram } from '../support/program.ts'
import { enrolAt } from '../support/running-agent.ts'

const report = z.object({
  failed: z.array(z.string()),
  checks: z.array(z.object({ name: z.string(), says: z.string(), mend: z.string() })),
})

/** Doctor in a mount namespace of its own, after a script of `sh` that has the state directory as `$STATE`. */
async function causeBehind(script: string) {
  await using plane = await startPlanePeer()
  await using host = await openHost(plane.url)
  await enrolAt(plane, openIdentityFile(host.state))
  const shell = `set -e; STATE='${host.state}'; ${script}; exec "$@"`
  const under = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', shell, 'sh']
  const { text } = await runProgram('agent/main.ts', { args: ['doctor', '--offline', '--json', ...host.flags], under })
  const { failed, checks } = report.parse(JSON.parse(text.split('\n').find((line) => line.startsWith('{')) ?? text))
  return checks.find(({ name }) => name === failed[0])
}

/** A file system of its own, with what was in the state directory. */
const mounted = (options: string) =>
  `cp -a "$STATE" "$STATE.kept"; mount -t tmpfs -o ${options},mode=700 state "$STATE"; cp -a "$STATE.kept/." "$STATE"; rm -rf "$STATE.kept"`

test('a full disk is the cause', async () => {
  const fill = 'dd if=/dev/zero of="$STATE/filler" bs=64k 2>/dev/null || true'

  const cause = await causeBehind(`${mounted('size=4m')}; ${fill}`)

  expect(cause).toMatchObject({ name: 'state.disk', says: expect.stringMatching(/^0 MiB are free/) })
})

test('a disk that has room, and no inode left, is the cause', async () => {
  const fill = 'for n in $(seq 64); do touch "$STATE/filler.$n" 2>/dev/null || break; done'

  const cause = await causeBehind(`${mounted('size=64m,nr_inodes=40')}; ${fill}`)

  expect(cause).toMatchObject({ name: 'state.disk', says: expect.stringMatching(/, and no more than 0 files can be/) })
  expect(cause?.mend).toMatch(/^df -i /)
})

test('a file system that is mounted read-only is the cause', async () => {
  const cause = await causeBehind('mount --bind "$STATE" "$STATE"; mount -o remount,ro,bind "$STATE"')

  expect(cause).toMatchObject({ name: 'state.mode', says: expect.stringContaining('mounted read-only') })
  expect(cause?.mend).toMatch(/^mount -o remount,rw /)
})

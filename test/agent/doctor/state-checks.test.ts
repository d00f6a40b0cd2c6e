import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { systemSurroundings } from '../../../agent/ports/surroundings.ts'
import { type Break, causeOf } from '../../support/doctor-world.ts'

type Case = readonly [what: string, first: string, says: RegExp, breaking: Break]

const cases: readonly Case[] = [
  [
    'the state directory is gone',
    'state.directory',
    /there is no /,
    async ({ at }) => {
      await rm(at('state'), { recursive: true })
    },
  ],
  [
    'the state directory is a file',
    'state.directory',
    /is no directory/,
    async ({ at }) => {
      await rm(at('state'), { recursive: true })
      await writeFile(at('state'), '')
    },
  ],
  [
    'the state directory is read-only',
    'state.mode',
    /0500 .* does not let its own user write/,
    async ({ at }) => {
      await chmod(at('state'), 0o500)
    },
  ],
  [
    'the file system of the state directory is mounted read-only',
    'state.mode',
    /mounted read-only/,
    async () => ({ surroundings: { isWritable: async () => false } }),
  ],
  [
    'the state directory is open to others',
    'state.mode',
    /0755 gives .* to others/,
    async ({ at }) => {
      await chmod(at('state'), 0o755)
    },
  ],
  [
    'the identity is open to others',
    'state.mode',
    /0644 gives .*identity\.json to others/,
    async ({ identityFile }) => {
      await chmod(identityFile.path, 0o644)
    },
  ],
  [
    'a command of root left a file that the agent cannot read',
    'state.owner',
    /identity\.json belongs to user 4711/,
    async ({ identityFile }) => ({
      surroundings: {
        see: async (path) => {
          const seen = await systemSurroundings.see(path)
          return seen && path === identityFile.path ? { ...seen, uid: 4711 } : seen
        },
      },
    }),
  ],
  [
    'the disk is full',
    'state.disk',
    /^0 MiB are free/,
    async () => ({ surroundings: { room: async () => ({ freeBytes: 4096, freeFiles: 1000 }) } }),
  ],
  [
    'the disk has room, and takes no more files',
    'state.disk',
    /^900 MiB are free at .*, and no more than 3 files can be made there$/,
    async () => ({ surroundings: { room: async () => ({ freeBytes: 900 * 1024 * 1024, freeFiles: 3 }) } }),
  ],
  [
    'a file within the ledger belongs to somebody else',
    'state.owner',
    /ledger\/000001\.jsonl belongs to user 4711/,
    async ({ at }) => {
      await mkdir(at('state/ledger'), { mode: 0o700 })
      await writeFile(at('state/ledger/000001.jsonl'), '', { mode: 0o600 })
      const see: typeof systemSurroundings.see = async (path) => {
        const seen = await systemSurroundings.see(path)
        return seen && path.endsWith('.jsonl') ? { ...seen, uid: 4711 } : seen
      }
      return { surroundings: { see } }
    },
  ],
  [
    'the identity cannot be written by its own user',
    'state.mode',
    /0400 .*identity\.json does not let its own user write it/,
    async ({ identityFile }) => {
      await chmod(identityFile.path, 0o400)
    },
  ],
  [
    'the state directory is closed to whoever runs doctor',
    'state.directory',
    /is closed to this user/,
    async () => ({ surroundings: { isClosed: async () => true } }),
  ],
  [
    'the volume of a container belongs to somebody else',
    'state.directory',
    /^\S+ is closed to user 10001, which the agent of this container is; .* mounted from/,
    async () => ({
      environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      surroundings: { isClosed: async () => true, uid: 10_001 },
    }),
  ],
  [
    'the host is not enrolled',
    'identity.valid',
    /is not enrolled/,
    async ({ identityFile }) => {
      await identityFile.remove()
    },
  ],
  [
    'the identity is cut off',
    'identity.valid',
    /does not fit/,
    async ({ identityFile }) => {
      await writeFile(identityFile.path, '{"version": 1', { mode: 0o600 })
    },
  ],
]

describe('names the cause in the state directory', () => {
  test.each(cases)('where %s: %s', async (_, id, says, breaking) => {
    const { report, first } = await causeOf(breaking)

    expect(report.result).toBe('fail')
    expect([first.name, first.says]).toEqual([id, expect.stringMatching(says)])
    expect(first.mend).not.toMatch(/STATE|CONFIG|NAME/)
  })
})

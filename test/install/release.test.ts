// What is given to customers, as `npm run build` writes it: who builds the same sources gets the same bytes, and who downloads them can
// check them as docs/operations.md says.

import { execFile } from 'node:child_process'
import { copyFile, mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { blocksIn } from '../support/documented-commands.ts'
import { version } from '../support/installed-agent.ts'
import { root } from '../support/source/source-files.ts'

const run = promisify(execFile)
const patienceMs = 300_000

/** The program of the build, in a shell with a umask of its own; the folder of the release. */
async function buildUnder(umask: string, out: string, signingKey: string): Promise<string> {
  const line = `umask ${umask}; exec "$0" scripts/build.ts --out "$1"`
  const env = { ...process.env, SALLYPORT_SIGNING_KEY_FILE: signingKey }
  await run('sh', ['-c', line, process.execPath, out], { cwd: root, env })
  return join(out, 'release')
}

/** Of everything that a Node is in, the file of its terms. */
async function termsOfNode(out: string): Promise<readonly string[]> {
  const lists = await Promise.all([
    run('dpkg-deb', ['--contents', join(out, `release/sallyport_${version}_amd64.deb`)]),
    ...[`release/sallyport-${version}-linux-x64`, 'container/sallyport', 'container/sallyport-control'].map((name) =>
      run('tar', ['-tf', join(out, `${name}.tar.gz`)]),
    ),
  ])
  return lists.map(({ stdout }) => /[^/\s]+\/LICENSE\.node$/m.exec(stdout)?.[0] ?? '')
}

/** The newest interface of each library that the program does not start without, as the page about platforms names them. */
async function needsOf(program: string): Promise<string> {
  const { stdout } = await run('objdump', ['-T', program], { maxBuffer: 2 ** 24 })
  const newest = ['GLIBC', 'GLIBCXX', 'CXXABI'].map((library) => {
    const versions = [...stdout.matchAll(new RegExp(`\\b${library}_([0-9.]+)`, 'g'))].map(([, found = '']) => found)
    const inOrder = versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    return `\`${library}_${inOrder.at(-1)}\``
  })
  return `\`objdump -T\` names ${newest.join(', ')}`
}

test(
  'is the same whoever builds it, wherever and under whatever umask, and can be checked',
  async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport release '))
    const at = (name: string) => join(folder.path, name)
    await run('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', at('signing.pem')])
    await run('openssl', ['pkey', '-in', at('signing.pem'), '-pubout', '-out', at('KEY.pub')])

    const release = await buildUnder('022', at('one'), at('signing.pem'))
    const again = await buildUnder('077', at('two'), at('signing.pem'))

    const [agent, plane] = [at('one/sallyport-linux-x64/sallyport'), at('one/sallyport-control/sallyport-control.cjs')]
    // Nothing is said of a code cache that does not fit.
    const told = { stdout: `${version}\n`, stderr: '' }
    expect([await run(agent, ['--version']), await run(process.execPath, [plane, '--version'])]).toEqual([told, told])
    const sums = await readFile(join(release, 'SHA256SUMS'), 'utf8')
    expect(sums.match(/\.(deb|tar|tar\.gz|tgz|json)$/gm)?.sort()).toEqual([
      '.deb',
      '.json',
      '.tar',
      '.tar.gz',
      '.tgz',
      '.tgz',
    ])
    expect(await readFile(join(again, 'SHA256SUMS'), 'utf8')).toBe(sums)
    const inArchive = `sallyport-${version}-linux-x64/LICENSE.node`
    const inOthers = ['sallyport/LICENSE.node', 'sallyport-control/LICENSE.node']
    expect(await termsOfNode(at('one'))).toEqual([inOthers[0], inArchive, ...inOthers])
    const page = await readFile(join(root, 'docs/operations.md'), 'utf8')
    expect(page.match(/`objdump -T` names [^)]*/)?.[0]).toBe(await needsOf(agent))
    const check = blocksIn(page.slice(page.indexOf('## Install')), '')[0] ?? ''
    await copyFile(at('KEY.pub'), join(release, 'KEY.pub'))
    const { stdout } = await run('sh', ['-ec', check], { cwd: release })
    expect(stdout).toMatch(/^Signature Verified Successfully\n(.*: OK\n)*.*_amd64\.deb: OK\n/)
    await run('sh', ['-c', 'echo >> sbom.cdx.json'], { cwd: release })
    await expect(run('sh', ['-ec', check], { cwd: release })).rejects.toThrow(/1 computed checksum did NOT match/)
  },
  patienceMs,
)

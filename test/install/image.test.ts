// The image of a release as any program reads it that knows the OCI's image layout, and the files that are in it.

import { execFile } from 'node:child_process'
import { mkdir, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { buildImage } from '../../scripts/build/image.ts'
import { buildLayer } from '../../scripts/build/layer.ts'
import { sha256 } from '../../scripts/build/sha256.ts'

const run = promisify(execFile)
const program = '/usr/bin/env'

/** Of a program that every machine has; ends with the folder. */
async function buildSmall(folder: string) {
  const paper = join(folder, 'paper')
  await writeFile(paper, 'terms')
  const files = new Map([['usr/share/doc/small/copyright', paper]])
  return await buildLayer({ name: 'small', programs: new Map([['usr/lib/small/small', program]]), files }, folder)
}

async function withLayer(look: (layer: Awaited<ReturnType<typeof buildSmall>>, folder: string) => Promise<void>) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-image-'))
  await look(await buildSmall(folder.path), folder.path)
}

/** Mode, owner and path of each. */
async function filesOf(archive: string): Promise<readonly string[]> {
  const { stdout } = await run('tar', ['--list', '--verbose', '--numeric-owner', '-f', archive])
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [mode, owner, , , , path = ''] = line.split(/ +/)
      return `${mode} ${owner} ${path.replace(/^\.\//, '')}`
    })
}

describe('the files of an image', () => {
  test("are root's, and the state is of the user alone", () =>
    withLayer(async ({ file }) => {
      const files = await filesOf(file)

      expect(files).toEqual(
        expect.arrayContaining([
          '-rwxr-xr-x 0/0 usr/lib/small/small',
          '-rw-r--r-- 0/0 usr/share/doc/small/copyright',
          '-rw-r--r-- 0/0 etc/passwd',
          'drwxrwxrwt 0/0 tmp/',
          'drwx------ 10001/10001 var/lib/small/',
        ]),
      )
      expect(files.filter((line) => !line.includes(' 0/0 '))).toHaveLength(1)
      expect(files.filter((line) => /^...s|^......s|^-.......w/.test(line))).toEqual([])
    }))

  test('start the program without any other', () =>
    withLayer(async ({ file }, folder) => {
      const root = join(folder, 'root')
      await mkdir(root)
      await run('tar', ['-xf', file, '-C', root])

      const { stdout } = await run('chroot', [root, '/usr/lib/small/small', '-i', 'LEFT=1'])

      expect(stdout).toBe('LEFT=1\n')
    }))

  test('say to a scanner of images which packages the libraries are of', () =>
    withLayer(async ({ file }, folder) => {
      const { stdout: installed } = await run('dpkg-query', ['--show', 'libc6'])
      const version = installed.trim().split('\t')[1]
      await run('tar', ['-xf', file, '-C', folder, './var/lib/dpkg', './etc', './usr/share/doc/libc6'])

      expect(await readFile(join(folder, 'var/lib/dpkg/status.d/libc6'), 'utf8')).toContain(`\nVersion: ${version}\n`)
      expect(await readFile(join(folder, 'etc/os-release'), 'utf8')).toContain('ID=debian')
      // Trivy knows Debian by this one alone.
      expect(await readFile(join(folder, 'etc/debian_version'), 'utf8')).toMatch(/^\d/)
      expect(await readFile(join(folder, 'usr/share/doc/libc6/copyright'), 'utf8')).toMatch(/GNU (Lesser|Library)/)
    }))
})

const blob = z.object({ mediaType: z.string(), digest: z.string(), size: z.number() })
const index = z.object({ manifests: z.tuple([blob]) })
const manifest = z.object({ config: blob, layers: z.tuple([blob]) })
const config = z.object({ rootfs: z.object({ diff_ids: z.tuple([z.string()]) }) })
const saved = z.tuple([z.object({ Config: z.string(), RepoTags: z.array(z.string()), Layers: z.tuple([z.string()]) })])

/** Throws where what it names is not there, or is not what it says. */
async function open(layout: string, { digest, size }: z.infer<typeof blob>): Promise<Buffer> {
  const bytes = await readFile(join(layout, 'blobs', digest.replace(':', '/')))
  if (`sha256:${sha256(bytes)}` !== digest || bytes.length !== size) throw new Error(`${digest} is another file`)
  return bytes
}

test('each file of the layout is what the one before says of it, down to the archive of the files', () =>
  withLayer(async (layer, folder) => {
    await buildImage(layer, '1.2.3', folder)
    const layout = join(folder, 'layout')
    await mkdir(layout)
    await run('tar', ['-xf', join(folder, 'sallyport-1.2.3-oci-linux-x64.tar'), '-C', layout])
    const read = async (name: string) => JSON.parse(await readFile(join(layout, name), 'utf8'))

    const [described] = index.parse(await read('index.json')).manifests
    const image = manifest.parse(JSON.parse((await open(layout, described)).toString()))
    const settings = config.parse(JSON.parse((await open(layout, image.config)).toString()))
    const files = await open(layout, image.layers[0])

    expect(await read('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    expect(files).toEqual(await readFile(layer.file))
    expect(settings.rootfs.diff_ids).toEqual([`sha256:${sha256(gunzipSync(files))}`])
    const [{ Config, RepoTags, Layers }] = saved.parse(await read('manifest.json'))
    expect([`sha256:${basename(Config)}`, `sha256:${basename(Layers[0])}`]).toEqual([
      image.config.digest,
      image.layers[0].digest,
    ])
    expect(RepoTags).toEqual(['sallyport:1.2.3'])
    expect((await stat(join(layout, Config))).size).toBe(image.config.size)
  }))

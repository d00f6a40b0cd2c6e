// The image of the agent as a file, for who has no use for a build: an OCI image layout, which `docker load` takes too, by the list that
// `docker save` writes. What it says of the program is what packaging/container/Dockerfile says; `test/install/container.test.ts` compares them.

import { mkdtempDisposable, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Layer, userOfImage } from './layer.ts'
import { putFile, putText } from './put-file.ts'
import { sourceDate } from './run-tool.ts'
import { sha256, sha256Of } from './sha256.ts'
import { pack } from './tar.ts'

const program = '/usr/lib/sallyport/sallyport'
const state = '/var/lib/sallyport'
const created = new Date(Number(sourceDate) * 1000).toISOString()
const seconds = (count: number) => count * 1_000_000_000

const settings = {
  User: `${userOfImage}:${userOfImage}`,
  WorkingDir: '/',
  Env: [`RUNTIME_DIRECTORY=${state}`],
  Entrypoint: [program],
  Cmd: ['start'],
  Volumes: { [state]: {} },
  // Docker's own word; others leave it out.
  Healthcheck: {
    Test: ['CMD', program, 'health', '--live'],
    ...{ Interval: seconds(30), Timeout: seconds(10), StartPeriod: seconds(10), Retries: 3 },
  },
}

/** Writes `sallyport-VERSION-oci-linux-x64.tar`, which is loaded as `sallyport:VERSION`. */
export async function buildImage(layer: Layer, version: string, folder: string): Promise<void> {
  await using work = await mkdtempDisposable(join(tmpdir(), 'sallyport-image-'))
  const layout = join(work.path, 'layout')
  const put = (name: string, value: unknown) => putText(JSON.stringify(value), join(layout, name), 0o644)
  const putBlob = async (kind: string, value: unknown) => {
    const text = JSON.stringify(value)
    const blob = describeBlob(kind, sha256(text), Buffer.byteLength(text))
    await putText(text, join(layout, placeOf(blob)), 0o644)
    return blob
  }

  const files = describeBlob('layer.v1.tar+gzip', await sha256Of(layer.file), (await stat(layer.file)).size)
  await putFile(layer.file, join(layout, placeOf(files)), 0o644)
  const config = await putBlob('config.v1+json', {
    ...{ created, architecture: 'amd64', os: 'linux', config: settings },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer.contents}`] },
    history: [{ created, created_by: 'npm run build' }],
  })
  const manifest = await putBlob('manifest.v1+json', {
    ...{ schemaVersion: 2, mediaType: mediaType('manifest.v1+json'), config, layers: [files] },
  })
  const name = `sallyport:${version}`
  const annotations = {
    'io.containerd.image.name': `docker.io/library/${name}`,
    'org.opencontainers.image.ref.name': version,
  }
  await put('oci-layout', { imageLayoutVersion: '1.0.0' })
  await put('index.json', { schemaVersion: 2, manifests: [{ ...manifest, annotations }] })
  await put('manifest.json', [{ Config: placeOf(config), RepoTags: [name], Layers: [placeOf(files)] }])
  await pack(join(folder, `sallyport-${version}-oci-linux-x64.tar`), layout, await readdir(layout))
}

type Blob = { readonly mediaType: string; readonly digest: string; readonly size: number }

const mediaType = (kind: string) => `application/vnd.oci.image.${kind}`

function describeBlob(kind: string, digest: string, size: number): Blob {
  return { mediaType: mediaType(kind), digest: `sha256:${digest}`, size }
}

const placeOf = ({ digest }: Blob) => `blobs/${digest.replace(':', '/')}`

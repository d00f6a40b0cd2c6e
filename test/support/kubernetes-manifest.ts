// The Kubernetes manifest of the repository, and the pod that a cluster would make of it, as podman takes it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { z } from 'zod'
import { root } from './source/source-files.ts'

type Texts = Readonly<Record<string, string>>

export type Manifest = {
  /** What the executable is called in the image. */
  readonly program: string
  /** Name of the claim that the first replica gets. */
  readonly claim: string
  /** The commands of its probes. */
  readonly agent: Readonly<Record<'startup' | 'liveness' | 'readiness', readonly string[]>>
  /** YAML of config map and pod; the claim is a volume of its name. */
  asPod(files: (data: Texts) => Texts): string
  /** What podman keeps for a secret of Kubernetes: it hands on the text as it stands there, and decodes nothing. */
  secret(data: Texts): string
}

const probe = z.looseObject({ exec: z.object({ command: z.array(z.string()).min(1) }) })
const container = z.looseObject({ image: z.literal('sallyport') })
/** An optional one podman does not mount even where it is there. */
const secret = z.looseObject({ optional: z.boolean().default(false) }).transform((one) => ({ ...one, optional: false }))
const set = z.object({
  kind: z.literal('StatefulSet'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    template: z.object({
      metadata: z.looseObject({}),
      spec: z.looseObject({
        initContainers: z.array(container),
        containers: z.tuple([container.extend({ startupProbe: probe, livenessProbe: probe, readinessProbe: probe })]),
        volumes: z.array(z.looseObject({ name: z.string(), secret: secret.optional() })),
      }),
    }),
    volumeClaimTemplates: z.tuple([z.object({ metadata: z.object({ name: z.string() }) })]),
  }),
})
const map = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()),
})

export async function readManifest(): Promise<Manifest> {
  const text = await readFile(join(root, 'packaging/kubernetes/sallyport.yaml'), 'utf8')
  const objects = parseAllDocuments(text).map((one): unknown => one.toJS())
  const [files, statefulSet] = [only(objects, map), only(objects, set)]
  const { template, volumeClaimTemplates } = statefulSet.spec
  const [agent] = template.spec.containers
  const [claimTemplate] = volumeClaimTemplates
  const claim = `${claimTemplate.metadata.name}-${statefulSet.metadata.name}-0`
  const state = { name: claimTemplate.metadata.name, persistentVolumeClaim: { claimName: claim } }
  return {
    program: agent.startupProbe.exec.command[0] ?? '',
    claim,
    agent: {
      startup: agent.startupProbe.exec.command,
      liveness: agent.livenessProbe.exec.command,
      readiness: agent.readinessProbe.exec.command,
    },
    asPod: (change) => {
      const { initContainers, containers, volumes } = template.spec
      const spec = {
        ...template.spec,
        // Else podman starts what enrols again when it is done, and stumbles over that.
        restartPolicy: 'Never',
        initContainers: initContainers.map(fromHere),
        containers: containers.map(fromHere),
        volumes: [...volumes, state],
      }
      return [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: files.metadata.name },
          data: change(files.data),
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { ...template.metadata, name: `${statefulSet.metadata.name}-0` },
          spec,
        },
      ]
        .map((one) => stringify(one))
        .join('---\n')
    },
    secret: (data) => stringify({ apiVersion: 'v1', kind: 'Secret', data }),
  }
}

/** The image that was built here is in no registry. */
const fromHere = <Container>(container: Container) => ({ ...container, imagePullPolicy: 'Never' })

function only<Wanted>(objects: readonly unknown[], schema: z.ZodType<Wanted>): Wanted {
  const [found, ...others] = objects.flatMap((one) => schema.safeParse(one).data ?? [])
  if (found !== undefined && others.length === 0) return found
  throw new Error('the manifest has not the objects that are expected, or several')
}

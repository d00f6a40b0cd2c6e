// The pod of the Kubernetes manifest, run by podman: what a StatefulSet makes is made here, and everything of the pod is as it stands there.

import { chmod, chown, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { standIns } from '../support/container-site.ts'
import { type Manifest, readManifest } from '../support/kubernetes-manifest.ts'
import { startPodmanEngine } from '../support/podman-engine.ts'
import { replaced } from '../support/readme-checkout.ts'
import { shareContainerSite } from '../support/share-container-site.ts'
import { until } from '../support/until.ts'

const site = shareContainerSite(startPodmanEngine)
const stage: { manifest?: Manifest } = {}

beforeAll(async () => {
  stage.manifest = await readManifest()
})

function manifest(): Manifest {
  if (stage.manifest !== undefined) return stage.manifest
  throw new Error('it is read before tests run')
}

const agent = 'sallyport-0-agent'
const podman = (...words: readonly string[]) => site().engine.docker(...words)
const inspectAgent = (format: string) => site().inspect(agent, format)
const probe = (command: readonly string[]) => podman('exec', agent, ...command).catch((error: unknown) => String(error))

/** As a kubelet leaves a new claim: root's, and open to the group of the pod (fsGroup). */
async function makeClaim(): Promise<void> {
  await podman('volume', 'create', manifest().claim)
  const mount = await podman('volume', 'inspect', '-f', '{{.Mountpoint}}', manifest().claim)
  await chown(mount, 0, 10001)
  await chmod(mount, 0o2775)
}

async function keepSecret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  const path = join(site().checkout.folder, `${name}.yaml`)
  await writeFile(path, manifest().secret(data))
  await podman('secret', 'create', name, path)
}

async function play(): Promise<void> {
  const ca = await readFile(site().plane.authority, 'utf8')
  const text = manifest().asPod((data) => ({
    ...data,
    'config.yaml': replaced(data['config.yaml'] ?? '', standIns),
    'ca.pem': ca,
  }))
  const path = join(site().checkout.folder, 'pod.yaml')
  await writeFile(path, text)
  await podman('kube', 'play', '--network', site().engine.network, path)
}

test('its pod enrols by the code of a secret, and takes a job', async () => {
  await makeClaim()
  await keepSecret('enrolment', { code: await site().plane.code() })
  await keepSecret('jumpcloud', { main: site().jumpcloudKey })

  await play()
  await site().startJumpCloud(await inspectAgent('.State.Pid'))
  await until(async () => (await probe(manifest().agent.readiness)) === 'ready')

  expect(await probe(manifest().agent.startup)).toBe('live')
  expect(await probe(manifest().agent.liveness)).toBe('live')
  expect(await site().plane.run()).toHaveLength(3)
})

test('it is closed as the manifest says', async () => {
  const pid = await inspectAgent('.State.Pid')
  const status = await readFile(`/proc/${pid}/status`, 'utf8')

  expect(status).toMatch(/^Uid:\s+10001\s+10001\s+10001\s+10001$/m)
  expect(status).toMatch(/^CapBnd:\s+0+$/m)
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  expect(await inspectAgent('.HostConfig.ReadonlyRootfs')).toBe('true')
  expect(Number(await inspectAgent('.HostConfig.Memory'))).toBe(256 * 1024 * 1024)
})

test('a pod that takes its place is the same replica, though its code was used', async () => {
  const replica = async () => /replica (\S+),/.exec(await podman('exec', agent, manifest().program, 'status'))?.[1]
  const before = await replica()

  await podman('pod', 'rm', '--force', 'sallyport-0')
  await play()
  await site().startJumpCloud(await inspectAgent('.State.Pid'))
  await until(async () => (await probe(manifest().agent.readiness)) === 'ready')

  expect(await replica()).toBe(before)
})

// The command `approve`: makes the customer's word for one run, offline, with a key that no agent and no control plane has.

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { resolve } from 'node:path'
import { isJobName, jobs, plainName, runText, SallyportError, signedTypes } from '@sallyport/protocol'
import { type ApprovalPayload, writeRunText } from '@sallyport/protocol/approval'
import { z } from 'zod'
import { thumbprint } from '../identity/thumbprint.ts'
import { systemClock } from '../ports/clock.ts'
import { systemCode, systemFiles } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import type { Host } from './host.ts'

export type ApproveFlags = { readonly key: string; readonly hours: number; readonly json?: true }

const hourMs = 60 * 60 * 1000
/** More than a run may have. */
const fileBytes = 1024 * 1024

/** `requester` is the name of the API token that will submit it; without an `id` one is drawn. */
const runFile = runText.partial({ id: true }).extend({ agent: plainName }).strict()

/** Prints the JWS, which goes along when the run is submitted. Throws `configuration_invalid` or `params_invalid`. */
export async function approve(file: string, { key: keyFile, hours, json }: ApproveFlags, host: Host): Promise<void> {
  const { agent, ...named } = parsedRun(await read(file), file)
  const key = parsedKey(await read(keyFile), keyFile)
  const id = named.id ?? `approved_${systemRandom.bytes(12).toString('base64url')}`
  const run = { ...named, id, params: await parsedParams(named.job, named.params) }
  const digest = createHash('sha256').update(writeRunText(run)).digest('hex')
  const payload: ApprovalPayload = { agent, run: id, digest, notAfter: systemClock.now() + hours * hourMs }
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const header = { alg: 'EdDSA', typ: signedTypes.approval, kid: thumbprint(x) }
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const approval = `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
  host.print(json ? JSON.stringify({ approval, ...payload, approvalKey: { kty: 'OKP', crv: 'Ed25519', x } }) : approval)
  if (!json) host.complain(`run ${id}; in the policy: approvalKey: { kty: OKP, crv: Ed25519, x: ${x} }`)
}

async function read(path: string): Promise<string> {
  const fail = (why: string, cause?: unknown) =>
    new SallyportError('configuration_invalid', `approve a run: ${path}: ${why}`, cause === undefined ? {} : { cause })
  const read = await systemFiles.read(resolve(path), fileBytes).catch((cause: unknown) => {
    throw fail(systemCode(cause) ?? 'it cannot be read', cause)
  })
  if (read.kind === 'other') throw fail('it is no file; name one')
  if (!read.whole) throw fail(`it is over ${fileBytes} bytes, which neither a run nor a key has; name the right file`)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(read.bytes)
}

function parsedRun(text: string, path: string): z.output<typeof runFile> {
  const invalid = (why: string, cause?: unknown) =>
    new SallyportError('configuration_invalid', `approve a run: ${path}: ${why}`, cause === undefined ? {} : { cause })
  let value: unknown
  try {
    // Some editors put a byte order mark before it.
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw invalid('it is no JSON', cause)
  }
  const parsed = runFile.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(z.prettifyError(parsed.error))
}

function parsedKey(text: string, path: string): KeyObject {
  try {
    const isJwk = text.trimStart().startsWith('{')
    const key = isJwk ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' }) : createPrivateKey(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // What is wrong with it is not told: it is a key.
  }
  const mend = 'make one with "openssl genpkey -algorithm ed25519", or write a private JWK'
  throw new SallyportError('configuration_invalid', `approve a run: ${path} holds no private Ed25519 key; ${mend}`)
}

/** As the control plane will write them: with defaults, and in the order of the contract. */
async function parsedParams(job: string, params: unknown): Promise<unknown> {
  if (!isJobName(job)) throw new SallyportError('job_unknown', `approve a run: there is no job ${job}`)
  const contract = await jobs[job].load()
  const parsed = contract.params.safeParse(params)
  if (parsed.success) return parsed.data
  throw new SallyportError('params_invalid', `approve a run: ${z.prettifyError(parsed.error)}`)
}

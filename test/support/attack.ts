// One attack of the hostile suite: what the attacker tries, in a sentence, and what must be true afterwards, which is the same
// for all. A new attack is a few lines.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ledgerDirectory, listLedger } from '../../agent/ledger/ledger-paths.ts'
import { verifyLedger } from '../../agent/ledger/verify.ts'
import { type Ground, type GroundOptions, openGround } from './hostile-ground.ts'
import { findTraces } from './key-traces.ts'
import type { Said } from './plane-peer-session.ts'

type Act = (ground: Ground) => Promise<unknown>

/** Lets `act` do its worst, and expects that nothing came of it and that the agent works as before. */
export function attack(sentence: string, act: Act, options: () => GroundOptions = () => ({})): void {
  test(sentence, () => withstand(act, options()))
}

/** The same for each of a list, where `%s` in the sentence is what the member is called. */
export function attacks<What>(
  sentence: string,
  list: Readonly<Record<string, What>>,
  act: (ground: Ground, what: What) => Promise<unknown>,
  options: () => GroundOptions = () => ({}),
): void {
  for (const [name, what] of Object.entries(list)) {
    attack(sentence.replace('%s', name), (ground) => act(ground, what), options)
  }
}

/** Exported so that it can itself be proved to see. */
export async function withstand(act: Act, options: GroundOptions = {}): Promise<void> {
  await using ground = await openGround(options)
  const { jumpcloud, plane, agent, allowed } = ground
  const before = jumpcloud.requests.length

  await act(ground)

  const asked = jumpcloud.requests.slice(before).map(({ method, path }) => `${method} ${path}`)
  // Before the first call of all, the agent looks whose key it has.
  const wanted = [...allowed.asked, ...(allowed.asked.length > 0 ? [/^GET \/api\/organizations$/] : [])]
  const surplus = asked.filter((line) => !wanted.some((one) => one.test(line)))
  expect(surplus, 'asked of JumpCloud').toEqual([])
  const changes = jumpcloud.mutations.filter(({ applied, requestId }) => applied && requestId !== null)
  expect(changes, 'changed at JumpCloud').toHaveLength(allowed.changes)

  for (const lever of ['upgrade', 'challenge', 'welcome', 'welcomeKey'] as const) plane.levers[lever] = undefined
  expect(await work(ground)).toMatchObject({ type: 'done', rowCount: 1 })

  expect(ground.elsewhere.connectionCount(), 'connections to the attacker').toBe(0)
  const broken = agent.lines.filter(({ event }) => /^(session|run)\.broken$/.test(String(event)))
  expect(broken, 'defects in the log').toEqual([])
  await agent.daemon.stop()
  const { key } = await agent.identityFile.read()
  expectHonestRecords(ground, key.x)
  expectNoSecret(ground, key.d)
}

/** An honest run goes through, in this session or in the next one. */
async function work(ground: Ground): Promise<Said> {
  for (let count = 0; ; count += 1) {
    try {
      return await ground.ask('org.get', {}, { id: `run-of-the-honest-${count}` })
    } catch {
      await ground.comeBack()
    }
  }
}

/** The ledger is whole, and each of its lines and of the log's is one event in which every letter shows. */
function expectHonestRecords({ agent: { stateDirectory, texts } }: Ground, publicKey: string): void {
  const directory = ledgerDirectory(stateDirectory)
  expect(verifyLedger({ directory, publicKey, heads: [] })).toMatchObject({ fault: undefined, tornBytes: 0 })
  const ledger = listLedger(directory).map(({ path }) => readFileSync(path, 'utf8'))
  for (const line of [...texts, ...ledger].flatMap((text) => text.trimEnd().split('\n'))) {
    expect(line).toMatch(/^\{[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]*\}$/u)
  }
}

/** Nor the key of JumpCloud, nor that of the replica, in any of the forms in which an accident could have put it. */
function expectNoSecret({ agent, plane, sessions, jumpcloud }: Ground, replicaKey: string): void {
  const said = sessions.flatMap((session) => session.said.map(({ text }) => text))
  const places = {
    frames: [...said, ...plane.enrolments.map((one) => JSON.stringify(one))].join('\n'),
    log: agent.texts.join(''),
    files: filesIn(agent.stateDirectory).join('\n'),
  }
  for (const [place, text] of Object.entries(places)) {
    expect(findTraces(text, jumpcloud.keys.administrator), `JumpCloud's key in ${place}`).toEqual([])
    expect(findTraces(text, replicaKey), `the replica's key in ${place}`).toEqual([])
  }
  expect(places.frames, 'a path of the host in frames').not.toContain(agent.stateDirectory)
}

/** Ledger, journal and whatever else was written, but for those whose purpose it is to hold a key. */
function filesIn(directory: string): readonly string[] {
  const keys = ['jumpcloud.key', 'identity.json', 'journal.key']
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !keys.includes(name) && statSync(join(directory, name)).isFile())
    .map((name) => readFileSync(join(directory, name), 'latin1'))
}

import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { run } from '../../../agent/cli/run.ts'
import { checkIds } from '../../../agent/doctor/catalogue.ts'
import { commandHost } from '../../support/command-host.ts'
import { type DoctorWorld, openDoctorWorld } from '../../support/doctor-world.ts'

async function doctor({ flags }: DoctorWorld, ...words: readonly string[]) {
  const [printed, complained]: [string[], string[]] = [[], []]
  const host = commandHost({
    print: (line) => void printed.push(line),
    complain: (line) => void complained.push(line),
  })
  const code = await run(['node', 'sallyport', 'doctor', ...flags, ...words], host)
  return { code, printed, complained }
}

test('tells each check in a line, why and what to do of what failed, and ends with the result', async () => {
  await using world = await openDoctorWorld()
  await chmod(world.at('key'), 0o644)

  const { code, printed, complained } = await doctor(world, '--offline')

  expect(code).toBe(1)
  expect(printed.at(-2)).toBe('RESULT fail')
  expect(printed.at(-1)).toBe('FAILED_CHECKS key.source:main agent.running')
  const place = printed.findIndex((line) => /^FAIL +key\.source:main +read the secret of connection main/.test(line))
  expect(printed.slice(place + 1, place + 3)).toEqual([
    '         why: A connection without a readable secret takes no runs',
    `         do:  sallyport token set main ${world.flags.join(' ')}`,
  ])
  expect(printed.find((line) => line.includes('state.disk'))).toMatch(/^ok +state\.disk +\d+ MiB are free/)
  expect(complained).toEqual(['sallyport: check_failed: look at this host: key.source:main failed first, and 1 more'])
})

test('explains every check where it is asked to', async () => {
  await using world = await openDoctorWorld()

  const { printed } = await doctor(world, '--offline', '--explain')

  expect(printed.filter((line) => line.startsWith('         why: '))).toHaveLength(checkIds.length)
  expect(printed.filter((line) => line.startsWith('         do:  '))).toHaveLength(checkIds.length)
})

test('tells programs the same as one line of JSON', async () => {
  await using world = await openDoctorWorld()

  const { printed } = await doctor(world, '--json', '--offline')

  expect(printed).toHaveLength(1)
  const report = JSON.parse(printed[0] ?? '')
  expect(report).toMatchObject({ result: 'fail', failed: ['agent.running'] })
  expect(Object.keys(report.checks[0])).toEqual(['name', 'id', 'state', 'says', 'why', 'mend', 'because'])
})

test('ends with 2 where the configuration cannot be read, or a flag is not known', async () => {
  await using world = await openDoctorWorld()
  await rm(world.at('config.yaml'))

  const [unread, unknown] = [await doctor(world), await doctor(world, '--onlin')]

  expect(unread.code).toBe(2)
  expect(unread.printed.at(-1)).toBe('FAILED_CHECKS config.valid')
  expect(unread.printed).toContain(`         do:  sallyport setup --plane URL --code CODE ${world.flags.join(' ')}`)
  expect(unknown.code).toBe(2)
})

test('the command that mends is told of the same files, so that a shell takes each for one word', async () => {
  await using world = await openDoctorWorld()
  const odd = world.at("ada's policy.yaml")
  await rename(world.at('policy.yaml'), odd)
  await writeFile(world.at('state/panic'), '')

  const { printed } = await doctor(world, '--offline', '--json', '--policy', odd)

  const { checks } = JSON.parse(printed[0] ?? '')
  const { mend } = checks.find(({ name }: { name: string }) => name === 'policy.panic')
  const paths = `--config ${world.at('config.yaml')} --policy '${world.at("ada'\\''s policy.yaml")}' --state ${world.at('state')}`
  expect(mend).toBe(`sallyport panic --lift ${paths}`)
})

// Who may import what, and what is passed in rather than touched. house-shape.test.ts holds the rest of the rules of the house.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { jobs } from '../protocol/jobs.generated.ts'
import { at, findingsIn, importsIn, root, sideOf, sourceFiles } from './support/source/source-files.ts'

const files = sourceFiles()
const product = files.filter(({ path }) => /^(protocol|agent|control-plane|keytar)\//.test(path))
const written = files.filter(({ path }) => !path.startsWith('test/'))

describe('who may import what', () => {
  /** For each side, the packages that it may use, and where. `once`: in one file. */
  const doors: Readonly<Record<string, Readonly<Record<string, RegExp | 'anywhere' | 'once'>>>> = {
    protocol: { zod: 'anywhere' },
    agent: {
      '@sallyport/protocol': 'anywhere',
      zod: 'anywhere',
      undici: /^agent\/(jumpcloud|egress)\/|^agent\/enrolment\/plane-post\.ts$/,
      ws: 'once',
      pino: 'once',
      yaml: 'once',
      commander: /^agent\/(cli\/|main\.ts$)/,
      '@clack/prompts': 'once',
    },
    'control-plane': {
      '@sallyport/protocol': 'anywhere',
      zod: 'anywhere',
      ws: 'once',
      pino: 'once',
      yaml: 'once',
      commander: /^control-plane\/(cli\/|main\.ts$)/,
      hono: /^control-plane\/(http\/|control-plane\.ts$)/,
      '@hono/zod-openapi': /^control-plane\/(http\/|control-plane\.ts$)/,
      '@hono/node-server': /^control-plane\/(http\/|control-plane\.ts$)/,
    },
  }
  /** Modules of Node that have one door too; the others may be used by both ends, and none by the protocol. */
  const nodeDoors: Readonly<Record<string, RegExp>> = {
    'node:sqlite': /^(control-plane\/store|agent\/journal)\//,
    'node:timers': /\/ports\//,
    'node:timers/promises': /\/ports\//,
    'node:process': /\/(ports|cli)\/|\/main\.ts$/,
    'node:child_process': /^agent\/(vault|setup|ports)\//,
    'node:http': /^control-plane\/|^agent\/(egress|listen)\//,
    'node:https': /^control-plane\/|^agent\/egress\//,
    'node:tls': /^control-plane\/|^agent\/egress\//,
    'node:dns': /^agent\/egress\//,
    'node:dgram': /^$/,
    'node:vm': /^$/,
  }

  test('a side imports its own files, and of the others the package of the protocol alone', () => {
    const strangers = importsIn(product).filter(({ isRelative, from, side }) => isRelative && sideOf(from) !== side)

    expect(strangers.map((one) => at(one, one.from))).toEqual([])
  })

  test('every package has its door', () => {
    const wrong = importsIn(product).filter(({ isRelative, from, path, side }) => {
      if (isRelative || from.startsWith('node:')) return false
      const door = doors[side]?.[from]
      return door === undefined || (door instanceof RegExp && !door.test(path))
    })
    const once = Object.entries(doors).flatMap(([side, packages]) =>
      Object.keys(packages)
        .filter((name) => packages[name] === 'once')
        .map((name) => ({ name, users: usersOf(side, name) }))
        .filter(({ users }) => users.length > 1),
    )

    expect(wrong.map((one) => at(one, one.from))).toEqual([])
    expect(once).toEqual([])
  })

  test('so have the modules of Node that reach the world', () => {
    const wrong = importsIn(product).filter(({ from, path, side }) => {
      if (!from.startsWith('node:')) return false
      return side === 'protocol' || nodeDoors[from]?.test(path) === false
    })

    expect(wrong.map((one) => at(one, one.from))).toEqual([])
  })

  test('the text of a secret is opened by the vault and by what signs requests, and by nothing else', () => {
    const openers = importsIn(written).filter(({ names }) => names.includes('openSecret'))

    const strangers = openers.filter(({ path }) => !/^agent\/(vault\/|jumpcloud\/sign\.ts$)/.test(path))
    expect(strangers.map((one) => at(one, 'openSecret'))).toEqual([])
  })

  test('chance comes from the ports', () => {
    const makers = /^(random(Bytes|UUID|UUIDv7|Int|Fill|FillSync)|getRandomValues|webcrypto)$/
    const drawn = importsIn(product).filter(
      ({ names, path }) => names.some((name) => makers.test(name)) && !isPort(path),
    )

    expect(drawn.map((one) => at(one, one.names.join()))).toEqual([])
  })

  const usersOf = (side: string, name: string) => {
    const users = importsIn(product).filter((one) => one.side === side && one.from === name)
    return [...new Set(users.map(({ path }) => path))]
  }
})

describe('what is passed in', () => {
  const ambient =
    /^(process|globalThis)\b|^(Date\.now|new Date|Date|Math\.random|performance\.now|setTimeout|setInterval|crypto\..*)$/
  const isDoor = (path: string) => isPort(path) || /^scripts\/|\/cli\/|\/main\.ts$/.test(path)

  test('clocks, timers, chance and the process are touched by ports, mains and scripts alone', () => {
    const touched = findingsIn(written, 'global').filter(({ what, path }) => ambient.test(what) && !isDoor(path))

    // There it is the global fetch that is passed on; the rule after next judges that.
    const wrong = touched.filter(
      ({ what, path }) => !(path.startsWith('control-plane/client/') && /^globalThis/.test(what)),
    )
    expect(wrong.map((one) => at(one, one.what))).toEqual([])
  })

  test('nothing writes to the console', () => {
    expect(
      findingsIn(files, 'global')
        .filter(({ what }) => what.startsWith('console.'))
        .map((one) => at(one, one.what)),
    ).toEqual([])
  })

  test('the outputs of the agent are touched where the leak guard stands before them, and nowhere else', () => {
    const touched = findingsIn(product, 'global').filter(({ what }) => /^process\.(stdout|stderr|stdin)/.test(what))

    const strangers = touched.filter(({ path }) => path.startsWith('agent/') && path !== 'agent/main.ts')
    expect(strangers.map((one) => at(one, one.what))).toEqual([])
  })

  test('the global fetch is used by the client of the control plane alone', () => {
    const used = findingsIn(product, 'global').filter(({ what }) => /^(globalThis\.)?fetch$/.test(what))

    expect(used.filter(({ path }) => !path.startsWith('control-plane/client')).map((one) => at(one, one.what))).toEqual(
      [],
    )
  })
})

describe('jobs', () => {
  const names = Object.keys(jobs).map((name) => name.replaceAll('.', '-'))

  test('have a handler and its test, each of the same name as the contract', () => {
    const wanted = names.flatMap((name) => [`agent/jobs/${name}.ts`, `test/agent/jobs/${name}.test.ts`])

    expect(wanted.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('alone have default exports', () => {
    const exporters = written.filter(({ hasDefaultExport }) => hasDefaultExport).map(({ path }) => path)

    const expected = names.flatMap((name) => [`agent/jobs/${name}.ts`, `protocol/jobs/${name}.ts`])
    expect(exporters.sort()).toEqual(expected.filter((path) => existsSync(join(root, path))).sort())
  })
})

function isPort(path: string): boolean {
  return /^(agent|control-plane)\/ports\//.test(path)
}

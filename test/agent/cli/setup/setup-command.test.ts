import { stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { runProgram } from '../../../support/program.ts'
import { openGround } from '../../../support/setup-ground.ts'

test.each(['000', '077'])(
  'under umask %s the service can read what it has to, and nobody else may more',
  async (umask) => {
    await using ground = await openGround()
    const { at, jumpcloud, plane, createCode } = ground
    await writeFile(at('key'), jumpcloud.keys.administrator)
    const where = [
      '--plane',
      plane.url,
      '--base-url',
      jumpcloud.url,
      '--key-file',
      at('key'),
      '--code',
      await createCode(),
    ]
    const places = ['--config', at('etc', 'config.yaml'), '--policy', at('etc', 'policy.yaml'), '--state', at('state')]

    const { code, text } = await runProgram('agent/main.ts', {
      args: ['setup', '--non-interactive', '--no-start', ...where, ...places],
      under: ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'],
    })

    expect([code, text]).toEqual([0, expect.stringContaining('config.yaml is written')])
    const modeOf = async (...names: readonly string[]) => ((await stat(at(...names))).mode & 0o777).toString(8)
    expect([await modeOf('etc'), await modeOf('etc', 'config.yaml'), await modeOf('etc', 'policy.yaml')]).toEqual([
      '755',
      '644',
      '644',
    ])
    expect([
      await modeOf('state'),
      await modeOf('state', 'secrets', 'main'),
      await modeOf('state', 'identity.json'),
    ]).toEqual(['700', '600', '600'])
  },
)

test.each([
  [
    ['--key-file', 'a', '--connection-file', 'b'],
    `'--connection-file <file>' cannot be used with option '--key-file <file>'`,
  ],
  [['--region', 'us', '--base-url', 'http://a'], `'--base-url <url>' cannot be used with option '--region <region>'`],
])('what is named in two ways is refused: %j', async (flags, said) => {
  const { code, text } = await runProgram('agent/main.ts', { args: ['setup', ...flags] })

  expect([code, text]).toEqual([2, expect.stringContaining(said)])
})

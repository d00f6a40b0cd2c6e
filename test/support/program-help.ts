// What a document says of `sallyport` and `sallyport-control`, held against what the programs say of themselves.

import { run } from '../../agent/cli/run.ts'
import { runProgram } from '../../control-plane/cli/program.ts'
import { systemClock } from '../../control-plane/ports/clock.ts'
import { systemRandom } from '../../control-plane/ports/random.ts'
import { commandHost } from './command-host.ts'

/** What the programs do not have of a command line that a document names; empty where all of it is there. */
export async function unknownIn(program: string, words: readonly string[]): Promise<readonly string[]> {
  const helps = [await say(program, ['--help'])]
  const path: string[] = []
  for (const word of words.filter((one) => !one.startsWith('-'))) {
    const help = helps.at(-1) ?? ''
    if (!help.includes('\nCommands:')) break
    if (!commandsIn(help).includes(word)) return [word]
    path.push(word)
    helps.push(await say(program, [...path, '--help']))
  }
  const isThere = (flag: string) => helps.some((help) => new RegExp(` ${flag}\\b`).test(help))
  return words.filter((word) => word.startsWith('--')).filter((flag) => !isThere(flag))
}

function commandsIn(help: string): readonly (string | undefined)[] {
  const [, commands = ''] = help.split('\nCommands:')
  return [...commands.matchAll(/^ {2}([a-z-]+)(?= |$)/gm)].map(([, name]) => name)
}

async function say(program: string, words: readonly string[]): Promise<string> {
  const said: string[] = []
  const print = (text: string) => void said.push(text)
  if (program === 'sallyport') {
    await run(['node', 'sallyport', ...words], commandHost({ print, complain: print }))
  } else {
    const { signal } = new AbortController()
    const ports = { clock: systemClock, random: systemRandom, stop: signal }
    await runProgram(words, {
      out: print,
      err: print,
      log: { form: 'json', write: print },
      env: {},
      user: 'nobody',
      ...ports,
    })
  }
  return said.join('\n')
}

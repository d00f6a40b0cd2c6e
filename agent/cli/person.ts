// A person at the terminal of this process: the one door to the library that draws questions.

import { isCancel, log, password, select, text } from '@clack/prompts'
import type { Person } from '../setup/questions.ts'

export function personAtTerminal(): Person {
  return {
    text: async (message) => given(await text({ message })),
    hidden: async (message) => given(await password({ message, mask: '' })),
    choose: async (message, choices) => {
      // The library wants keys of its own; the place in the list is one.
      const place = await select({ message, options: choices.map(({ label }, value) => ({ value, label })) })
      return isCancel(place) ? undefined : choices[place]?.value
    },
    say: (line) => log.message(line),
  }
}

function given(answer: string | symbol): string | undefined {
  return typeof answer === 'string' ? answer : undefined
}

// What the demo prints: lines for a person, or one JSON object per step.

export type Figures = Readonly<Record<string, string | number | boolean | null>>

export type Narrator = {
  /** `ok` is whether it came out as it must; a refusal that is expected is ok. `outcome` is what happened, in a few words. */
  step(name: string, ok: boolean, outcome: string, figures: Figures): void
  /** A line for a person alone. */
  say(line: string): void
  end(): void
  readonly failedCount: number
}

const nameWidth = 20

export function createNarrator({ json, print }: { json: boolean; print: (line: string) => void }): Narrator {
  let stepCount = 0
  let failedCount = 0
  const narrator: Narrator = {
    step: (name, ok, outcome, figures) => {
      stepCount += 1
      if (!ok) failedCount += 1
      if (json) return print(JSON.stringify({ step: name, ok, outcome, ...figures }))
      print(`${ok ? '  ok ' : 'FAIL '} ${name.padEnd(nameWidth)} ${outcome}`)
      const details = Object.entries(figures).map(inWords)
      if (details.length > 0) print(`${' '.repeat(nameWidth + 6)}${details.join(' · ')}`)
    },
    say: (line) => {
      if (!json) print(line)
    },
    end: () => narrator.say(`\n${stepCount - failedCount} of ${stepCount} steps came out as they must.`),
    get failedCount() {
      return failedCount
    },
  }
  narrator.say('Sallyport: the key stays on the host of the agent; the control plane sends typed jobs and gets rows.\n')
  return narrator
}

/** `tookMs: 62` reads `took 62 ms`, and `searchedBytes: 526283` reads `searched 526283 bytes`. */
function inWords([key, value]: [string, Figures[string]]): string {
  const [, name = key, unit = ''] = /^(.+?)(Ms|Bytes)$/.exec(key) ?? []
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${words} ${value} ${unit.toLowerCase()}`.trimEnd()
}

// The commands in a page of Markdown: those of its blocks without a language, and those that stand in its text as code.

export type DocumentedCommand = {
  readonly program: string
  /** Without quotes. */
  readonly words: readonly string[]
  readonly text: string
}

/** What a span of code begins with where it is a command; others are names, paths and settings. */
const programs =
  /^(sallyport|sallyport-control|npm (run|test)|docker (build|compose)|dpkg -|systemctl|kubectl|apt install) /

/** The insides of the blocks of a language; '' for those that name none. */
export function blocksIn(page: string, language: string): readonly string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, of, text = '']) => (of === language ? [text] : []))
}

/** Of a block, without what is said beside them. */
export const linesOf = (block: string) =>
  block
    .split('\n')
    .map((line) => line.replace(/\s{2,}#.*$/, '').trim())
    .filter((line) => line !== '')

export function commandsIn(page: string): readonly DocumentedCommand[] {
  const lines = blocksIn(page, '')
    .filter((block) => !/[┌│]/.test(block) && !/^\w+: /m.test(block))
    .flatMap(linesOf)
  const text = page.replace(/^```.*?^```$/gms, '')
  const spans = [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span).filter((span) => programs.test(span))
  const all = [...lines, ...spans].flatMap((line) => line.split(' && ')).filter((line) => line !== '')
  return [...new Set(all)].map((command) => {
    const [program = '', ...words] = (command.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) =>
      word.replace(/^(['"])(.*)\1$/, '$2'),
    )
    return { program, words, text: command }
  })
}

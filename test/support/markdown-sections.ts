// Reads a Markdown document by its headings: the tables and the fenced blocks of each section. Only what the documents here use.

export type Table = { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }
export type Section = {
  readonly title: string
  readonly level: number
  /** Title of the level-2 section that it is in; its own, where it is one. */
  readonly chapter: string
  readonly tables: readonly Table[]
  /** Fenced blocks, without their fences. */
  readonly blocks: readonly string[]
}

export function markdownSections(text: string): readonly Section[] {
  const sections: Section[] = []
  let chapter = ''
  for (const part of text.split(/^(?=#{1,6} )/m)) {
    const [, marks = '', heading = ''] = /^(#{1,6}) (.*)$/m.exec(part) ?? []
    const title = plain(heading)
    if (marks.length === 2) chapter = title
    const blocks = [...part.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block.trimEnd())
    sections.push({ title, level: marks.length, chapter, tables: tablesOf(part), blocks })
  }
  return sections
}

/** The one section of this title. Throws where there is none, or more than one. */
export function sectionOf(sections: readonly Section[], title: string): Section {
  const [section, ...others] = sections.filter((candidate) => candidate.title === title)
  if (!section || others.length > 0)
    throw new Error(`expected one section "${title}", found ${section ? 'more' : 'none'}`)
  return section
}

/** The anchor that a heading gets on the sites that show Markdown. */
export const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9_ -]/g, '')
    .replaceAll(' ', '-')

const plain = (heading: string) => heading.replaceAll('`', '').trim()

function tablesOf(text: string): readonly Table[] {
  return [...text.matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) => {
    const [header = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf)
    return { header, rows }
  })
}

const cellsOf = (line: string) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())

// Everything that lies in a folder as texts to search: files as they lie there, and each value of each table by itself,
// because a long one may lie in pieces in the file of its database.

import { copyFile, mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

/** `isLeftOut` is asked with the path of each file. What is in sockets and other special files is left out too. */
export async function fileTexts(folder: string, isLeftOut = (_path: string) => false): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const wanted = files.filter((path) => !isLeftOut(path))
  const texts = await Promise.all(wanted.map((path) => readFile(path, 'latin1')))
  const databases = wanted.filter((_, index) => texts[index]?.startsWith('SQLite format 3'))
  return [...texts, ...(await Promise.all(databases.map(valuesIn)))].join('\n')
}

async function valuesIn(path: string): Promise<string> {
  await using copies = await mkdtempDisposable(join(tmpdir(), 'sallyport-copy-'))
  const name = basename(path)
  const own = (await readdir(dirname(path))).filter((each) => each.startsWith(name) && !each.endsWith('-shm'))
  await Promise.all(own.map((each) => copyFile(join(dirname(path), each), join(copies.path, each))))
  using database = new DatabaseSync(join(copies.path, name))
  const tables = database.prepare("select name from sqlite_schema where type = 'table'").all()
  const values = tables.flatMap(({ name }) => database.prepare(`select * from "${name}"`).all().flatMap(Object.values))
  return values.map(textOf).join('\n')
}

const textOf = (value: SQLOutputValue) => (value instanceof Uint8Array ? Buffer.from(value).toString() : String(value))

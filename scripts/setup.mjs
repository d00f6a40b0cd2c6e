// Brings a fresh checkout to the point where everything else runs: dependencies as locked, and the repository's own
// Node linked where npm scripts look first. Plain JavaScript, because the Node that starts it may be 20.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.sallyport-setup')
const floor = 24

/** What an installation depends on: the lockfile, and the machine that optional packages were chosen for. */
function wanted() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`).digest('hex')
}

function installed() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()
}

function install() {
  process.stderr.write('setup: installing what package-lock.json names (about a minute on a fresh machine)\n')
  const npm = process.env.npm_execpath
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []]
  const done = spawnSync(command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (done.status !== 0)
    fail('npm ci did not finish; its own message is above. Check that the npm registry is reachable.')
}

/** Links `node_modules/.bin/node`, because npm makes no link when two packages offer the same name. */
function linkNode() {
  const link = join(modules, '.bin', 'node')
  const own = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (existsSync(own)) {
    rmSync(link, { force: true })
    symlinkSync(own, link)
    return own
  }
  if (Number(process.versions.node.split('.')[0]) >= floor) return process.execPath
  return fail(
    `no Node ${floor} is packaged for ${process.platform} ${process.arch}, and this is Node ${process.versions.node}. ` +
      `Install Node ${floor} or newer and run the command again.`,
  )
}

function checkNode(node) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  if (Number(version.slice(1).split('.')[0]) < floor) fail(`${node} is ${version}, expected ${floor} or newer.`)
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`)
  process.exit(2)
}

if (!installed()) {
  if (existsSync(modules) && readdirSync(modules).length > 0) rmSync(stamp, { force: true })
  install()
  checkNode(linkNode())
  writeFileSync(stamp, wanted())
}

// Stories of an installed Debian host: the archive and its install.sh, in place of the package.

import { expect, test } from 'vitest'
import { type InstalledWorld, version } from '../../support/installed-agent.ts'

const folder = `sallyport-${version}-linux-x64`
const installer = `/srv/${folder}/install.sh`

export function archive(world: () => InstalledWorld): void {
  test('install.sh installs the same service without a network and keeps what is there, again and again', async () => {
    const { host, setUp, ready, read } = world()
    const digests = () => host.run('sha256sum', '/etc/sallyport/config.yaml', '/etc/sallyport/policy.yaml')
    await host.run('tar', '-C', '/srv', '-xzf', `/srv/${folder}.tar.gz`)

    const first = await host.run('sh', '-c', `umask 077; exec unshare --net ${installer}`)
    await setUp()
    const [pid, kept] = [await ready(), await digests()]
    const again = await host.run('sh', '-c', `cd /srv; CDPATH=/srv exec unshare --net sh ${folder}/install.sh`)

    expect(first).toMatch(/next: sallyport setup/)
    expect(again).toMatch(/the configuration was kept; next: sallyport doctor/)
    expect(await ready()).not.toBe(pid)
    expect([await read(), await digests()]).toEqual(['done', kept])
  })

  test('the package does not go over the archive; each takes the place of the other in turn, and no data go with one', async () => {
    const { host, install, ready, read } = world()
    const [before, pid] = [await world().replica(), await ready()]
    const enable = () => host.run('systemctl', 'enable', '--now', 'sallyport')

    await expect(install(version)).rejects.toThrow(
      /install\.sh of the archive installed it here.*: sallyport uninstall/,
    )
    expect(await ready()).toBe(pid)
    await host.run('sallyport', 'uninstall')
    await install(version)
    await enable()
    await ready()
    await host.run('dpkg', '--remove', 'sallyport')
    await host.run(installer)
    await enable()
    await host.run('dpkg', '--purge', 'sallyport')
    await host.run('systemctl', 'restart', 'sallyport')
    await ready()

    expect([await world().replica(), await read()]).toEqual([before, 'done'])
  })
}

export function removalOfArchive(world: () => InstalledWorld): void {
  test('what it installed is uninstalled, with and without what was written there', async () => {
    const { host, ready, read } = world()
    const before = await world().replica()

    const said = await host.run('sallyport', 'uninstall')
    expect(said).toMatch(/configuration, credentials and state are kept/)
    expect((await host.attempt('sh', '-c', 'command -v sallyport || systemctl cat sallyport')).code).not.toBe(0)
    await host.run('sh', '-c', `umask 000; exec ${installer}`)
    expect(await host.run('find', '/usr/local/lib/sallyport', '-perm', '/022')).toBe('')
    await host.run('systemctl', 'enable', '--now', 'sallyport')
    await ready()
    expect([await world().replica(), await read()]).toEqual([before, 'done'])

    await host.run('sallyport', 'uninstall', '--purge')
    expect(await world().traces()).toEqual([])
  })
}

/** In front of it: programs that answer instead of those of the host, and file systems in a name space of its own. */
const answering = (program: string, script: string) =>
  `mkdir -p /srv/${program}.d; printf '#!/bin/sh\\n${script}\\n' > /srv/${program}.d/${program}; chmod +x /srv/${program}.d/${program}; PATH=/srv/${program}.d:$PATH`
const arm = answering('uname', '[ $1 = -m ] && echo aarch64 || echo Linux')
const old = answering('systemctl', 'echo systemd 249')

export function refusals(world: () => InstalledWorld): void {
  test.each([
    ['another machine', arm, 'this archive is for Linux on x86_64, and this is Linux on aarch64'],
    ['nobody', 'setpriv --reuid nobody --clear-groups', 'only root can install a service; run it as root'],
    ['no systemd', 'mount -t tmpfs none /run/systemd;', 'systemd does not run this host; run the program by your own'],
    ['an old systemd', old, 'systemd is version 249, and the unit needs 251 or newer'],
    [
      'no room',
      'mount -t tmpfs -o size=9m none /usr/local;',
      'it cannot be put in place, and what was there is unchanged: cp: .*No space',
    ],
    [
      'what is read-only',
      'mount -o bind,ro /usr/local /usr/local;',
      'it cannot be put in place, and what was there is unchanged: mkdir: .*Read-only',
    ],
    ['settings that are read-only', 'mount -o bind,ro /etc /etc;', 'it cannot be put in place, .*: cp: .*Read-only'],
  ])('install.sh refuses %s, says why, and changes nothing', async (_, before, why) => {
    const { host, traces } = world()
    const there = await traces()

    const { code, complaints } = await host.attempt('unshare', '--mount', 'sh', '-ec', `${before} ${installer}`)

    expect(`${code} ${complaints}`).toMatch(new RegExp(`^1 install[.]sh: ${why}`))
    expect(await traces()).toEqual(there)
  })

  test('install.sh refuses a program that does not run, one that is not there, and to stand beside the package', async () => {
    const { host, write } = world()
    await host.run('cp', '-r', `/srv/${folder}`, '/srv/other')
    const install = async () => (await host.attempt('/srv/other/install.sh')).complaints
    await write(
      '/srv/other/sallyport',
      "#!/bin/sh\necho 'libc.so.6: version GLIBC_2.28 not found' >&2; exit 1\n",
      0o755,
    )
    const refused = [await install()]
    await host.run('rm', '/srv/other/sallyport')
    refused.push(await install())
    await world().install(version)
    refused.push((await host.attempt(installer)).complaints)

    expect(refused).toEqual([
      expect.stringMatching(
        /^install\.sh: the program does not run on this host: libc\.so\.6: version GLIBC_2\.28 not found/,
      ),
      expect.stringMatching(/^install\.sh: sallyport is not beside this script/),
      expect.stringMatching(/^install\.sh: the Debian package sallyport is installed; upgrade that/),
    ])
  })
}

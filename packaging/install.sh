#!/bin/sh
# Installs Sallyport from the unpacked archive, or puts this version in the place of another (older or newer). Needs no network.
# It may be run again at any time; configuration, policy, credentials and state are never touched. "sallyport uninstall" undoes it.
set -eu
# The service is another user, and runs the program; nobody but root may change it.
umask 022

# A CDPATH of the shell would lead elsewhere.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
program=/usr/local/lib/sallyport
link=/usr/local/bin/sallyport
unit=/etc/systemd/system/sallyport.service

refuse() {
  echo "install.sh: $1" >&2
  exit 1
}

[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || refuse "this archive is for Linux on x86_64, and this is $(uname -s) on $(uname -m)"
[ "$(id -u)" = 0 ] || refuse 'only root can install a service; run it as root'
for file in sallyport sd-notify.node sallyport.service; do
  [ -f "$here/$file" ] || refuse "$file is not beside this script; unpack the whole archive and run it there"
done
[ ! -e /usr/lib/sallyport/sallyport ] ||
  refuse 'the Debian package sallyport is installed; upgrade that (apt install ./sallyport_….deb), or remove it first (apt remove sallyport)'
[ ! -e "$link" ] || [ -L "$link" ] || refuse "$link is there and is not ours; move it away"
[ -d /run/systemd/system ] || refuse 'systemd does not run this host; run the program by your own service manager: sallyport start'
manager=$(systemctl --version | sed -n 's/^systemd \([0-9]*\).*/\1/p')
[ "${manager:-0}" -ge 251 ] || refuse "systemd is version ${manager:-unknown}, and the unit needs 251 or newer"
# The loader says which library is missing, or that the C library is too old or another one.
version=$("$here/sallyport" --version 2>&1) || refuse "the program does not run on this host: $version"

# What may fail comes first, and by new names: the program that runs keeps its own file, and there is no moment without one. It is
# on the disk before it has its name, so that a power cut leaves one or the other.
undo() {
  rm -f "$program/.sallyport.new" "$program/.sd-notify.node.new" "$unit.new" || true
  rmdir "$program" 2> /dev/null || true
}
attempt() {
  said=$("$@" 2>&1) && return
  undo
  refuse "it cannot be put in place, and what was there is unchanged: $said"
}
attempt mkdir -p "$program" "${link%/*}"
for file in sallyport sd-notify.node; do
  attempt cp "$here/$file" "$program/.$file.new"
  attempt chmod 0755 "$program/.$file.new"
  attempt sync "$program/.$file.new"
done
attempt cp "$here/sallyport.service" "$unit.new"
attempt sed -i 's|^ExecStart=/usr/bin/|ExecStart=/usr/local/bin/|' "$unit.new"
attempt chmod 0644 "$unit.new"
attempt sync "$unit.new"
for file in sallyport sd-notify.node; do mv -f "$program/.$file.new" "$program/$file"; done
mkdir -p /etc/sallyport
[ -d /etc/sallyport/credentials ] || mkdir -m 0700 /etc/sallyport/credentials
ln -sfn "$program/sallyport" "$link"
mv -f "$unit.new" "$unit"
systemctl daemon-reload

echo "sallyport $version is installed in $program, its service in $unit"
systemctl try-restart sallyport.service ||
  refuse 'that is done, but the service, which ran, does not start again; the reason: sallyport doctor'
if [ -e /etc/sallyport/config.yaml ]; then
  echo 'the configuration was kept; next: sallyport doctor'
else
  echo 'next: sallyport setup --plane URL'
fi

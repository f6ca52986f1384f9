#!/bin/sh
# Install the Debian packages that the tests need. Asks nothing; does nothing where all of them are there.
# Usage: tools/system_packages.sh test|bench
set -eu

needed=""
need() { # PROGRAM-OR-FILE PACKAGE: remember the package unless the program is there.
    for candidate in $1; do
        if command -v "$candidate" >/dev/null 2>&1 || [ -e "$candidate" ]; then return 0; fi
    done
    needed="$needed $2"
}

PATH="$PATH:/usr/sbin:/sbin"
need dovecot dovecot-core
need /usr/lib/dovecot/imap dovecot-imapd
need smtp-sink postfix
need "/usr/lib/postgresql/*/bin/initdb" postgresql
need "chromium chromium-browser google-chrome" chromium
if [ "${1:-test}" = bench ]; then
    need mbsync isync
    need notmuch notmuch
fi
[ -n "$needed" ] || exit 0

stop() {
    echo "Missing for this command, install and run again:$needed" >&2
    echo "    $1" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || stop "(this machine has no apt-get: use its own package manager)"
if [ "$(id -u)" = 0 ]; then
    as_root="env"
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n env"
else
    stop "sudo apt-get install --no-install-recommends$needed"
fi
# On Ubuntu the package chromium only points to a snap, and a snap cannot be driven from a private profile folder.
if echo "$needed" | grep -qw chromium && grep -qs '^ID=ubuntu' /etc/os-release; then
    stop "Ubuntu has Chromium as a snap only: install google-chrome-stable from Google, or a chromium .deb, by hand"
fi

# The tests start private servers of their own: the system-wide services need not and must not be started.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    $as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
    trap '$as_root rm -f "$policy"' EXIT
fi
apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -y -o Dpkg::Use-Pty=0"
$apt update </dev/null
# shellcheck disable=SC2086  # the list of packages is meant to be split
$apt install --no-install-recommends $needed </dev/null

#!/bin/sh
# Brings the programs that tests use, on CI machines only: with CI=true, as root, on Debian. Elsewhere it does nothing.
# What it cannot bring is not its failure: the tests say what is missing.
set -u
[ "${CI:-}" = true ] || exit 0
[ "$(id -u)" = 0 ] || exit 0
[ -e /etc/debian_version ] || exit 0
command -v apt-get >/dev/null || exit 0

packages=
want() { command -v "$1" >/dev/null || packages="$packages $2"; }
want docker-registry docker-registry
want skopeo skopeo
want bwrap bubblewrap
want htpasswd apache2-utils
want unshare util-linux
want ip iproute2
want go golang
want buildah buildah
want debootstrap debootstrap
want docker-credential-pass golang-docker-credential-helpers
want pass pass
want gpg gnupg
[ -n "$packages" ] || exit 0

echo "installing$packages"
export DEBIAN_FRONTEND=noninteractive
quiet='-qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 -o Acquire::http::Timeout=20'
# shellcheck disable=SC2086
timeout 120 apt-get update $quiet || echo 'apt-get update failed' >&2
# shellcheck disable=SC2086
timeout 400 apt-get install -y --no-install-recommends $quiet $packages >/dev/null || echo "apt-get could not install$packages" >&2
exit 0

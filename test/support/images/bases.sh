#!/bin/sh
# Makes the base of the images once per machine, as root: Debian by debootstrap (base.tar), and what Node comes with besides
# (node.tar): the binary of the npm package `node`, this machine's npm, and the certificates by which it knows its registries.
# Prints the folder that holds both, which is named for a hash of what they are made by.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=$here/../../../package-lock.json

suite=bookworm
node_version=$(sed -n '/"node_modules\/node": {/,/}/s/.*"version": "\(.*\)".*/\1/p' "$lock")
hash=$(echo "$node_version" | cat - "$here/bases.sh" | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/krm-function-runner-tests
folder=$cache/images-$hash
timeout_seconds=600

say() { echo "bases of the images: $*" >&2; }

mkdir -p "$cache"
exec 9>"$folder.lock"
flock -w "$timeout_seconds" 9 || { say 'another process holds the lock for too long'; exit 1; }
if [ -f "$folder/base.tar" ] && [ -f "$folder/node.tar" ]; then
  echo "$folder"
  exit 0
fi

say "making Debian $suite and Node $node_version into $folder; once per machine, about a minute"
started=$(date +%s)
part=$folder.part
rm -rf "$part"
mkdir "$part"
trap 'rm -rf "$part"' EXIT
limited() { nice timeout "$timeout_seconds" "$@" >>"$part/log" 2>&1 9>&- || { tail -5 "$part/log" >&2; exit 1; }; }

# From where this machine's own apt has Debian.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | sed -n "s/ $suite\$//p" | head -1)
limited debootstrap --variant=minbase "$suite" "$part/base" ${mirror:+"$mirror"}
rm -rf "$part/base/var/cache/apt/archives" "$part/base/var/lib/apt/lists"
mkdir -p "$part/base/var/cache/apt/archives/partial"
tar -C "$part/base" -cf "$part/base.tar" .

node=$part/node/usr/local
mkdir -p "$node/bin" "$node/lib/node_modules" "$part/node/etc/ssl/certs"
cp "$here/../../../node_modules/node/bin/node" "$node/bin/"
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
[ -d "$npm/node_modules" ] || { say "the npm of this machine, $npm, is not one folder that could be copied"; exit 1; }
cp -R "$npm" "$node/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$node/bin/npm"
cp /etc/ssl/certs/ca-certificates.crt "$part/node/etc/ssl/certs/"
tar -C "$part/node" --owner=0 --group=0 -cf "$part/node.tar" .

rm -rf "$part/base" "$part/node" "$folder"
mv "$part" "$folder"
say "made in $(($(date +%s) - started)) s, $(du -m "$folder" | cut -f 1) MB"
echo "$folder"

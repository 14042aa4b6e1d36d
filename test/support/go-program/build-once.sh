#!/bin/sh
# Builds the Go program of the current folder once per machine and prints the folder that holds it. That one is named for a
# hash of everything in this one, and of this script. Called with
#   what      what is built, for people
#   program   its file name
#   links     further names of it, if any
#   ldflags   for the linker, if any
#   time      how long it takes, for people
#   instead   what to do where it cannot be built, if anything
set -eu
: "${what:?}" "${program:?}" "${time:?}"
script=$0

hash=$(cat go.mod go.sum ./*.go ./*.sh "$script" | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/krm-function-runner-tests
folder=$cache/$program-$hash
timeout_seconds=2400

complete() {
  for name in "$program" ${links:-}; do [ -x "$folder/$name" ] || return 1; done
}
say() { echo "programs of the tests: $*" >&2; }

progress() {
  trap 'kill "$sleeping"; exit 0' TERM
  while :; do
    sleep 30 &
    sleeping=$!
    wait "$sleeping"
    say "building $what for $(($(date +%s) - $1)) s"
  done
}

mkdir -p "$cache"
exec 9>"$folder.lock"
flock -w "$timeout_seconds" 9 || { say 'another build holds the lock for too long'; exit 1; }
if complete; then
  echo "$folder"
  exit 0
fi

say "building $what into $folder; once per machine, $time"
rm -rf "$folder.part"
mkdir "$folder.part"
started=$(date +%s)
progress "$started" 9>&- >/dev/null &
progress=$!
# shellcheck disable=SC2064
trap "kill $progress 2>/dev/null || true; rm -rf '$folder.part'" EXIT
if ! CGO_ENABLED=0 nice timeout "$timeout_seconds" \
  go build -buildvcs=false -trimpath -ldflags="-s -w ${ldflags:-}" -o "$folder.part/$program" . >&2 9>&-; then
  say "the build failed after $(($(date +%s) - started)) s${instead:+; to do without it: $instead}"
  exit 1
fi
for name in ${links:-}; do ln -s "$program" "$folder.part/$name"; done
rm -rf "$folder"
mv "$folder.part" "$folder"
say "built in $(($(date +%s) - started)) s, $(du -m "$folder/$program" | cut -f 1) MB"
echo "$folder"

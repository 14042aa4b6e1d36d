#!/bin/sh
# Builds kube-apiserver, etcd and kubectl once per machine and prints the folder that holds them, as KUBEBUILDER_ASSETS
# wants it. The folder is named for a hash of everything in this one.
set -eu
cd "$(dirname "$0")"

version=$(sed -n 's|^.*k8s.io/kubernetes v||p' go.mod)
hash=$(cat go.mod go.sum ./*.go build.sh | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/krm-function-runner-tests
folder=$cache/$version-$hash
timeout_seconds=2400

complete() { [ -x "$folder/kube-apiserver" ] && [ -x "$folder/etcd" ] && [ -x "$folder/kubectl" ]; }
say() { echo "cluster programs: $*" >&2; }

progress() {
  trap 'kill "$sleeping"; exit 0' TERM
  while :; do
    sleep 30 &
    sleeping=$!
    wait "$sleeping"
    say "building for $(($(date +%s) - $1)) s"
  done
}

mkdir -p "$cache"
exec 9>"$folder.lock"
flock -w "$timeout_seconds" 9 || { say 'another build holds the lock for too long'; exit 1; }
if complete; then
  echo "$folder"
  exit 0
fi

say "building Kubernetes $version into $folder; once per machine, 5 to 10 minutes"
rm -rf "$folder.part"
mkdir "$folder.part"
started=$(date +%s)
progress "$started" 9>&- >/dev/null &
progress=$!
# shellcheck disable=SC2064
trap "kill $progress 2>/dev/null || true; rm -rf '$folder.part'" EXIT
versions="-X k8s.io/component-base/version.gitVersion=v$version"
versions="$versions -X k8s.io/component-base/version.gitMajor=${version%%.*}"
minor=${version#*.}
versions="$versions -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
if ! CGO_ENABLED=0 nice timeout "$timeout_seconds" \
  go build -buildvcs=false -trimpath -ldflags="-s -w $versions" -o "$folder.part/kube-apiserver" . >&2 9>&-; then
  say "the build failed after $(($(date +%s) - started)) s; to do without it: KUBEBUILDER_ASSETS=FOLDER with kube-apiserver, etcd and kubectl"
  exit 1
fi
ln -s kube-apiserver "$folder.part/etcd"
ln -s kube-apiserver "$folder.part/kubectl"
rm -rf "$folder"
mv "$folder.part" "$folder"
say "built in $(($(date +%s) - started)) s, $(du -m "$folder/kube-apiserver" | cut -f 1) MB"
echo "$folder"

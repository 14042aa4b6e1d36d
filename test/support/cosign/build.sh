#!/bin/sh
# Builds cosign once per machine and prints the folder that holds it.
set -eu
cd "$(dirname "$0")"

version=$(sed -n 's|^require github.com/sigstore/cosign/v2 v||p' go.mod)
export what="cosign $version" time='2 to 5 minutes' program=cosign
exec sh ../go-program/build-once.sh

#!/bin/sh
# Builds the in-pod server, one static file for Linux: build.sh FILE [ARCHITECTURE]
set -eu
case "$1" in
/*) file=$1 ;;
*) file=$PWD/$1 ;;
esac
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOOS=linux GOARCH="${2:-$(go env GOARCH)}"
exec go build -buildvcs=false -trimpath -tags=grpcnotrace -ldflags='-s -w' -o "$file" .

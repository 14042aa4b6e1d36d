#!/bin/sh
# Builds kube-apiserver, etcd and kubectl once per machine and prints the folder that holds them, as KUBEBUILDER_ASSETS
# wants it.
set -eu
cd "$(dirname "$0")"

version=$(sed -n 's|^.*k8s.io/kubernetes v||p' go.mod)
minor=${version#*.}
export what="Kubernetes $version" time='5 to 10 minutes' program=kube-apiserver links='etcd kubectl'
export ldflags="-X k8s.io/component-base/version.gitVersion=v$version \
-X k8s.io/component-base/version.gitMajor=${version%%.*} -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
export instead='KUBEBUILDER_ASSETS=FOLDER with kube-apiserver, etcd and kubectl'
exec sh ../../go-program/build-once.sh

// Command cluster is the part of a Kubernetes control plane that the tests talk to: kube-apiserver, etcd and kubectl in
// one file, all of one Kubernetes version. It acts as the program whose name it is called by, so a folder with three
// links to it is what KUBEBUILDER_ASSETS means.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		endWithParent()
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		endWithParent()
		os.Exit(cli.Run(app.NewAPIServerCommand()))
	case "kubectl":
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "call this as etcd, kube-apiserver or kubectl, not as %q\n", name)
		os.Exit(2)
	}
}

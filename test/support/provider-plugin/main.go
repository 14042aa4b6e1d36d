// Command provider-plugin gives out the logins of a file by the kubelet's protocol for image credential providers, in the
// kubelet's own types, and notes each image that it was asked about.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	credentialprovider "k8s.io/kubelet/pkg/apis/credentialprovider/v1"
)

// settings is what the file of the first argument holds.
type settings struct {
	Log           string                                   `json:"log"`
	CacheKeyType  credentialprovider.PluginCacheKeyType    `json:"cacheKeyType"`
	CacheDuration *metav1.Duration                         `json:"cacheDuration"`
	Auth          map[string]credentialprovider.AuthConfig `json:"auth"`
}

func main() {
	if err := answer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer() error {
	var given settings
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	var request credentialprovider.CredentialProviderRequest
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return err
	}
	want := metav1.TypeMeta{Kind: "CredentialProviderRequest", APIVersion: credentialprovider.SchemeGroupVersion.String()}
	if request.TypeMeta != want {
		return fmt.Errorf("asked by %v", request.TypeMeta)
	}
	if err := note(given.Log, request.Image); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(credentialprovider.CredentialProviderResponse{
		TypeMeta:      metav1.TypeMeta{Kind: "CredentialProviderResponse", APIVersion: want.APIVersion},
		CacheKeyType:  given.CacheKeyType,
		CacheDuration: given.CacheDuration,
		Auth:          given.Auth,
	})
}

func note(log, image string) error {
	file, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = fmt.Fprintln(file, image)
	return err
}

// Command generate writes the Go code of the services in ../../proto, without protoc: the compiler is a Go library and
// the plugins are tools of this module, so go.sum pins all of it. It is a module of its own so that none of it becomes a
// dependency of the server. Run it here: go run .
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	protoFolder = "../../proto"
	pbFolder    = "../internal/pb"
	pbPackage   = "krm-function-runner/wrapper/internal/pb"
)

// packages tells the Go package of each file: the proto files are everybody's and name none.
var packages = map[string]string{
	"evaluator.proto":      "evaluatorpb",
	"functionrunner.proto": "functionrunnerpb",
}

func main() {
	log.SetFlags(0)
	for file, name := range packages {
		if err := generate(file, name); err != nil {
			log.Fatalf("%s: %v", file, err)
		}
	}
}

func generate(file, name string) error {
	request, err := requestFor(file, name)
	if err != nil {
		return err
	}
	for _, plugin := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		if err := runPlugin(plugin, request); err != nil {
			return fmt.Errorf("%s: %w", plugin, err)
		}
	}
	return nil
}

func requestFor(file, name string) ([]byte, error) {
	compiler := protocompile.Compiler{
		Resolver:       &protocompile.SourceResolver{ImportPaths: []string{protoFolder}},
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), file)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{file},
		Parameter:      proto.String(fmt.Sprintf("paths=source_relative,M%s=%s/%s", file, pbPackage, name)),
		ProtoFile:      []*descriptorpb.FileDescriptorProto{protodesc.ToFileDescriptorProto(files[0])},
	})
}

func runPlugin(plugin string, request []byte) error {
	command := exec.Command("go", "tool", plugin)
	command.Stdin = bytes.NewReader(request)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return err
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(output, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return fmt.Errorf("%s", response.GetError())
	}
	for _, file := range response.File {
		base := filepath.Base(file.GetName())
		stem, _, _ := bytes.Cut([]byte(base), []byte("."))
		stem, _ = bytes.CutSuffix(stem, []byte("_grpc"))
		path := filepath.Join(pbFolder, packages[string(stem)+".proto"], base)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

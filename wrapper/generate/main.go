// Command generate writes the Go code of the services in ../../proto, without protoc: the compiler is a Go library and
// the plugins are tools of this module, so go.sum pins all of it. It is a module of its own so that none of it becomes a
// dependency of the server. Run it here: go run . [FOLDER]
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
	pbFolder    = "../internal/pb" // where no FOLDER is given
	pbPackage   = "krm-function-runner/wrapper/internal/pb"
)

// packages tells the Go package of each file: the proto files are everybody's and name none.
var packages = map[string]string{
	"evaluator.proto":      "evaluatorpb",
	"functionrunner.proto": "functionrunnerpb",
}

func main() {
	log.SetFlags(0)
	folder := pbFolder
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	for file, name := range packages {
		if err := generate(file, name, folder); err != nil {
			log.Fatalf("%s: %v", file, err)
		}
	}
}

func generate(file, name, folder string) error {
	request, err := requestFor(file, name)
	if err != nil {
		return err
	}
	for _, plugin := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		if err := runPlugin(plugin, request, filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("%s: %w", plugin, err)
		}
	}
	return nil
}

func requestFor(file, name string) ([]byte, error) {
	compiler := protocompile.Compiler{
		Resolver: &protocompile.SourceResolver{ImportPaths: []string{protoFolder}},
		// Comments stay where they are read: a change of words is no change of code.
		SourceInfoMode: protocompile.SourceInfoNone,
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

func runPlugin(plugin string, request []byte, folder string) error {
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
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, file := range response.File {
		if err := os.WriteFile(filepath.Join(folder, file.GetName()), []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

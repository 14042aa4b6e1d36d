package krm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	maxDepth = 100
	// maxNodes bounds what aliases may grow the results to.
	maxNodes = 1 << 20
)

func parseYAML(output []byte) (Output, error) {
	root, err := singleDocument(output)
	if err != nil {
		return Output{}, err
	}
	if root.Kind != yaml.MappingNode {
		return Output{}, errors.New("it is not an object")
	}
	nodes := map[string]*yaml.Node{}
	for index := 0; index+1 < len(root.Content); index += 2 {
		key := root.Content[index].Value
		if nodes[key] != nil {
			return Output{}, fmt.Errorf("it has the key %q twice", cut(key, 80))
		}
		nodes[key] = root.Content[index+1]
	}
	budget := maxNodes
	kind, err := yamlValue(nodes["kind"], 0, &budget)
	if err != nil {
		return Output{}, err
	}
	results, err := yamlValue(nodes["results"], 0, &budget)
	if err != nil {
		return Output{}, err
	}
	return judge(kind, listOrScalar(nodes["items"]), results)
}

func singleDocument(output []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(output))
	var document, next yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, yamlError(err)
	}
	switch err := decoder.Decode(&next); {
	case err == nil:
		return nil, errors.New("it is more than one YAML document")
	case !errors.Is(err, io.EOF):
		return nil, yamlError(err)
	}
	return resolve(document.Content[0]), nil
}

func yamlError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	return fmt.Errorf("it is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
}

// yamlValue gives what encoding/json would for the same value, numbers as json.Number.
func yamlValue(node *yaml.Node, depth int, budget *int) (any, error) {
	if node == nil {
		return nil, nil
	}
	*budget--
	if depth > maxDepth || *budget < 0 {
		return nil, errors.New("it is nested too deep or too large")
	}
	switch node = resolve(node); node.Kind {
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for _, child := range node.Content {
			value, err := yamlValue(child, depth+1, budget)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		object := make(map[string]any, len(node.Content)/2)
		for index := 0; index+1 < len(node.Content); index += 2 {
			value, err := yamlValue(node.Content[index+1], depth+1, budget)
			if err != nil {
				return nil, err
			}
			object[node.Content[index].Value] = value
		}
		return object, nil
	}
	return scalar(node), nil
}

func scalar(node *yaml.Node) any {
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(node.Value, "true")
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value)
		}
	}
	return node.Value
}

func listOrScalar(node *yaml.Node) any {
	if node == nil {
		return nil
	}
	switch node = resolve(node); {
	case node.Kind == yaml.SequenceNode:
		return []any{}
	case node.Kind == yaml.MappingNode:
		return map[string]any{}
	}
	return scalar(node)
}

func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

package krm

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Result is one entry of the results of a ResourceList.
type Result struct {
	// Message is empty when the function gave none, which the specification forbids and SDKs let pass.
	Message string `json:"message"`
	// Severity is error where the function gave none, or one that the specification does not know.
	Severity    string            `json:"severity"`
	ResourceRef *ResourceRef      `json:"resourceRef,omitempty"`
	Field       *Field            `json:"field,omitempty"`
	File        *File             `json:"file,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// ResourceRef names the resource that a result is about.
type ResourceRef struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Name       string `json:"name,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
}

// Field names a field; its values are any YAML there, so they are JSON text here, empty where there is none.
type Field struct {
	Path          string `json:"path"`
	CurrentValue  string `json:"currentValue,omitempty"`
	ProposedValue string `json:"proposedValue,omitempty"`
}

// File names a file of the package and the document in it.
type File struct {
	Path  string `json:"path"`
	Index int32  `json:"index,omitempty"`
}

// toResults leaves parts of the wrong type out of an entry rather than failing a function that did its work; only a list
// that is no list, or an entry that is no object, is an error.
func toResults(value any) ([]Result, error) {
	if value == nil {
		return nil, nil
	}
	entries, isList := value.([]any)
	if !isList {
		return nil, errors.New("results is not a list")
	}
	results := make([]Result, 0, len(entries))
	for index, each := range entries {
		entry, isObject := each.(map[string]any)
		if !isObject {
			return nil, fmt.Errorf("results[%d] is not an object", index)
		}
		results = append(results, toResult(entry))
	}
	return results, nil
}

func toResult(entry map[string]any) Result {
	result := Result{Message: text(entry["message"]), Severity: severity(entry["severity"])}
	if ref, ok := entry["resourceRef"].(map[string]any); ok {
		result.ResourceRef = &ResourceRef{
			APIVersion: text(ref["apiVersion"]), Kind: text(ref["kind"]),
			Name: text(ref["name"]), Namespace: text(ref["namespace"]),
		}
	}
	if field, ok := entry["field"].(map[string]any); ok {
		result.Field = &Field{
			Path: text(field["path"]), CurrentValue: valueText(field, "currentValue"), ProposedValue: valueText(field, "proposedValue"),
		}
	}
	if file, ok := entry["file"].(map[string]any); ok {
		result.File = &File{Path: text(file["path"]), Index: integer(file["index"])}
	}
	if tags, ok := entry["tags"].(map[string]any); ok {
		result.Tags = toTags(tags)
	}
	return result
}

func toTags(tags map[string]any) map[string]string {
	kept := make(map[string]string, len(tags))
	for name, value := range tags {
		if isText(value) {
			kept[name] = text(value)
		}
	}
	return kept
}

func severity(value any) string {
	if value == "warning" || value == "info" {
		return value.(string)
	}
	return "error"
}

func valueText(field map[string]any, name string) string {
	value, given := field[name]
	if !given {
		return ""
	}
	return jsonText(value)
}

func isText(value any) bool {
	switch value.(type) {
	case string, json.Number, bool:
		return true
	}
	return false
}

func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

func integer(value any) int32 {
	number, _ := value.(json.Number)
	parsed, err := strconv.ParseInt(number.String(), 10, 32)
	if err != nil {
		return 0
	}
	return int32(parsed)
}

// CountErrors tells how many results say that something is wrong.
func CountErrors(results []Result) int {
	count := 0
	for _, result := range results {
		if result.Severity == "error" {
			count++
		}
	}
	return count
}

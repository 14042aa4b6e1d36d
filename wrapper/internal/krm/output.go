// Package krm reads what KRM functions write (functions-spec.md).
package krm

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Output is a ResourceList with its results; or something else, and NotResourceList says why.
type Output struct {
	Results         []Result `json:"results"`
	NotResourceList string   `json:"notResourceList,omitempty"`
}

// ParsedHere is the size up to which text is parsed without a second thought; a YAML tree takes some 50 times its text.
const ParsedHere = 64 << 10

const maxReasonRunes = 300

// Read judges the standard output of a function: one ResourceList, YAML or JSON, and nothing else.
//
// JSON is read as a stream. Of long YAML only the top level and the results are parsed, and the items, which are the
// caller's own data, pass as they are. Where that look is not certain of what it sees, parseLong decides; it is to call
// Parse where much memory can be used without harm.
func Read(output []byte, parseLong func([]byte) Output) Output {
	switch {
	case !utf8.Valid(output):
		return notResourceList(errors.New("it is not UTF-8"))
	case len(bytes.TrimSpace(output)) == 0:
		return notResourceList(errors.New("it is empty"))
	case len(output) <= ParsedHere:
		return Parse(output)
	}
	if isJSON(output) {
		if read, err := parseJSON(output); err == nil {
			return read
		}
	} else if read, certain := quickLook(string(output)); certain {
		return read
	}
	return parseLong(output)
}

// Parse reads the whole text.
func Parse(output []byte) Output {
	if isJSON(output) {
		// Braces open a YAML flow mapping as well, so an error here is no verdict.
		if read, err := parseJSON(output); err == nil {
			return read
		}
	}
	read, err := parseYAML(output)
	if err != nil {
		return notResourceList(err)
	}
	return read
}

func isJSON(output []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(output), []byte("{"))
}

// judge narrows the three parts that matter.
func judge(kind, items, results any) (Output, error) {
	if kind == nil {
		return Output{}, errors.New("it has no kind, expected ResourceList")
	}
	if kind != "ResourceList" {
		return Output{}, fmt.Errorf("its kind is %s, expected ResourceList", cut(jsonText(kind), 80))
	}
	if _, isList := items.([]any); items != nil && !isList {
		return Output{}, errors.New("its items are not a list")
	}
	list, err := toResults(results)
	return Output{Results: list}, err
}

// notResourceList may be given parts of the text in err.
func notResourceList(err error) Output {
	reason := strings.Map(func(character rune) rune {
		if unicode.IsControl(character) {
			return '?'
		}
		return character
	}, cut(err.Error(), maxReasonRunes))
	return Output{NotResourceList: reason}
}

func cut(text string, maxRunes int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), maxRunes)])
}

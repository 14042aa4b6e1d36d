package krm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// parseJSON errs on anything but one JSON object; what it is instead, the output tells.
func parseJSON(output []byte) (Output, error) {
	decoder := json.NewDecoder(bytes.NewReader(output))
	var document struct{ Kind, Items, Results any }
	if _, err := decoder.Token(); err != nil {
		return Output{}, err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return Output{}, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return Output{}, err
		}
		switch key {
		case "kind":
			document.Kind, err = jsonValue(value)
		case "items":
			document.Items = listOnly(value)
		case "results":
			document.Results, err = jsonValue(value)
		}
		if err != nil {
			return Output{}, err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return Output{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Output{}, errors.New("something follows the object")
	}
	read, err := judge(document.Kind, document.Items, document.Results)
	if err != nil {
		return notResourceList(err), nil
	}
	return read, nil
}

// jsonValue keeps numbers as they were written.
func jsonValue(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

// listOnly tells whether the value is a list, or nothing, without building it.
func listOnly(text []byte) any {
	switch {
	case bytes.HasPrefix(text, []byte("[")):
		return []any{}
	case string(text) == "null":
		return nil
	}
	return string(text)
}

// jsonText does not escape for HTML: it is read by people.
func jsonText(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "null"
	}
	return string(bytes.TrimSpace(text.Bytes()))
}

// Text is the results as one line of JSON.
func Text(results []Result) string {
	if len(results) == 0 {
		return "[]"
	}
	return jsonText(results)
}

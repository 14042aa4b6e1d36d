package krm

import "encoding/json"

// Encode is for Decode in another process.
func Encode(output Output) []byte {
	text, err := json.Marshal(output)
	if err != nil {
		text, _ = json.Marshal(notResourceList(err))
	}
	return text
}

// Decode reads what Encode wrote; anything else comes of a parser that broke.
func Decode(text []byte) Output {
	var output Output
	if err := json.Unmarshal(text, &output); err != nil {
		return Output{NotResourceList: "it takes too much memory to parse"}
	}
	return output
}

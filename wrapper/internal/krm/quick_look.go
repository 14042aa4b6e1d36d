package krm

import (
	"regexp"
	"strings"
)

const maxResultsBytes = 64 << 10

var (
	keyLine = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9]*):(?: (.*))?$`)
	// simpleValue is what may stand on a key's line for its value to begin on the next line, or to be complete.
	simpleValue = regexp.MustCompile(`^(?:|#.*|\[\]|\{\}|null|~|[A-Za-z][A-Za-z0-9./-]*)$`)
	knownKey    = regexp.MustCompile(`^(?:apiVersion|kind|metadata|items|functionConfig|results)$`)
	// blockSequence is `items:` with a block sequence on the next line that says something, or with none at all.
	blockSequence = regexp.MustCompile(`^items: *(?:#[^\n]*)?(?:\n[ \t]*(?:#[^\n]*)?)*(?:\n *-(?: |\n|$)|$)`)
	emptySequence = regexp.MustCompile(`^items: *\[\][ \t]*(?:\n[ \t]*(?:#[^\n]*)?)*$`)
)

// quickLook recognises a ResourceList in block-style YAML by its top level alone and parses nothing but its kind and
// results. When it is not certain, only a full parse can tell.
func quickLook(text string) (output Output, certain bool) {
	sections, ok := topLevelSections(text)
	if !ok {
		return Output{}, false
	}
	for key := range sections {
		if !knownKey.MatchString(key) {
			return Output{}, false
		}
	}
	items, given := sections["items"]
	if given && !blockSequence.MatchString(items) && !emptySequence.MatchString(items) {
		return Output{}, false
	}
	if len(sections["results"]) > maxResultsBytes {
		return Output{}, false
	}
	// It fails on what is broken, and on an alias to an anchor in another section.
	output, err := parseYAML([]byte(sections["kind"] + "\n" + sections["results"]))
	return output, err == nil
}

// topLevelSections cuts a block-style YAML mapping at its top-level keys without parsing what stands under them.
//
// It is certain because YAML 1.2.2 section 6.1 wants every continuation line of a top-level value indented, except the
// entries of a block sequence. Anything else in the first column (flow style, quoted keys, directives, a second
// document, a key given twice) is for a parser to decide.
func topLevelSections(text string) (sections map[string]string, ok bool) {
	text = strings.TrimPrefix(text, "---\n")
	sections = map[string]string{}
	key, start, offset := "", 0, 0
	for line := range strings.Lines(text) {
		next, isKey, certain := topLevelLine(strings.TrimSuffix(line, "\n"), key != "")
		if _, twice := sections[next]; !certain || twice || (isKey && next == key) {
			return nil, false
		}
		if isKey {
			if key != "" {
				sections[key] = text[start:offset]
			}
			key, start = next, offset
		}
		offset += len(line)
	}
	if key != "" {
		sections[key] = text[start:]
	}
	return sections, true
}

// topLevelLine tells whether the line begins a new key, and which, or belongs to the key above.
func topLevelLine(line string, underKey bool) (key string, isKey, certain bool) {
	if line == "" || line[0] == ' ' || line[0] == '#' {
		return "", false, true
	}
	if line[0] == '-' {
		return "", false, underKey && (line == "-" || line[1] == ' ')
	}
	match := keyLine.FindStringSubmatch(line)
	if match == nil || !simpleValue.MatchString(strings.TrimSpace(match[2])) {
		return "", false, false
	}
	return match[1], true, true
}

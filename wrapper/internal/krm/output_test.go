package krm

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func mustNotParse(t *testing.T) func([]byte) Output {
	return func([]byte) Output {
		t.Helper()
		t.Error("it was not certain")
		return Output{}
	}
}

func TestReadTellsResourceListsFromOthers(t *testing.T) {
	cases := []struct{ title, output, reason string }{
		{"YAML", "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n", ""},
		{"JSON", `{"kind":"ResourceList","items":[{"a":"\ud83d\ude00"}]}`, ""},
		{"no items", "kind: ResourceList\n", ""},
		{"null items", "kind: ResourceList\nitems:\n", ""},
		{"a YAML flow mapping", "{kind: ResourceList, items: []}", ""},
		{"a document start", "---\nkind: ResourceList\n", ""},
		{"nothing", "", "it is empty"},
		{"spaces", " \n", "it is empty"},
		{"no UTF-8", "kind: \xff", "it is not UTF-8"},
		{"text", "hello", "it is not an object"},
		{"a list", "- kind: ResourceList", "it is not an object"},
		{"no kind", "items: []", "it has no kind, expected ResourceList"},
		{"another kind", "kind: Pod", `its kind is "Pod", expected ResourceList`},
		{"another kind in JSON", `{"kind":"Pod"}`, `its kind is "Pod", expected ResourceList`},
		{"items that are an object", "kind: ResourceList\nitems: {}", "its items are not a list"},
		{"items that are an object in JSON", `{"kind":"ResourceList","items":{}}`, "its items are not a list"},
		{"results that are no list", "kind: ResourceList\nresults: 3", "results is not a list"},
		{"a result that is no object", "kind: ResourceList\nresults: [3]", "results[0] is not an object"},
		{"two documents", "kind: ResourceList\n---\nkind: ResourceList\n", "it is more than one YAML document"},
		{"a log before it", "starting\nkind: ResourceList\n", "it is not YAML: "},
		{"a key given twice", "kind: ResourceList\nkind: Pod\n", `it has the key "kind" twice`},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			got := Read([]byte(c.output), mustNotParse(t)).NotResourceList
			if c.reason == "" && got != "" || !strings.HasPrefix(got, c.reason) {
				t.Errorf("reason %q, expected %q", got, c.reason)
			}
		})
	}
}

func TestReadGivesResults(t *testing.T) {
	const yamlText = `kind: ResourceList
results:
- message: wrong
  severity: error
  resourceRef: {apiVersion: v1, kind: Pod, name: p, namespace: n}
  field: {path: spec.a, currentValue: 3, proposedValue: {b: <c>}}
  file: {path: f.yaml, index: 2}
  tags: {t: "1", u: 2, v: [x]}
- message: careful
  severity: warning
- severity: unknown
- message: 404
  severity: info
  field: [no object]
  file: {path: g.yaml, index: 1.5}
`
	const jsonText = `{"kind":"ResourceList","results":[
{"message":"wrong","severity":"error","resourceRef":{"apiVersion":"v1","kind":"Pod","name":"p","namespace":"n"},
"field":{"path":"spec.a","currentValue":3,"proposedValue":{"b":"<c>"}},"file":{"path":"f.yaml","index":2},"tags":{"t":"1","u":2,"v":["x"]}},
{"message":"careful","severity":"warning"},{"severity":"unknown"},
{"message":404,"severity":"info","field":["no object"],"file":{"path":"g.yaml","index":1.5}}]}`
	expected := []Result{
		{
			Message: "wrong", Severity: "error",
			ResourceRef: &ResourceRef{APIVersion: "v1", Kind: "Pod", Name: "p", Namespace: "n"},
			Field:       &Field{Path: "spec.a", CurrentValue: "3", ProposedValue: `{"b":"<c>"}`},
			File:        &File{Path: "f.yaml", Index: 2}, Tags: map[string]string{"t": "1", "u": "2"},
		},
		{Message: "careful", Severity: "warning"},
		{Severity: "error"},
		{Message: "404", Severity: "info", File: &File{Path: "g.yaml"}},
	}
	for name, text := range map[string]string{"YAML": yamlText, "JSON": jsonText} {
		t.Run(name, func(t *testing.T) {
			got := Read([]byte(text), mustNotParse(t))
			if !reflect.DeepEqual(got.Results, expected) {
				t.Errorf("%s", Text(got.Results))
			}
			if again := Decode(Encode(got)); !reflect.DeepEqual(again, got) {
				t.Errorf("another process reads %v", again)
			}
		})
	}
}

func TestLongOutput(t *testing.T) {
	item := "- apiVersion: v1\n  kind: ConfigMap\n  data: {a: b}\n"
	items := strings.Repeat(item, ParsedHere/len(item)+1)
	objects := strings.Repeat(`{"a":1},`, ParsedHere/8) + "{}"
	cases := []struct {
		title, output string
		certain       bool
	}{
		{"block style", "kind: ResourceList\nitems:\n" + items + "results:\n- message: m\n", true},
		{"with functionConfig and comments", "# c\nkind: ResourceList\nfunctionConfig:\n  a: 1\nitems: # c\n\n" + items + "results:\n- message: m\n", true},
		{"JSON", `{"kind":"ResourceList","items":[` + objects + `],"results":[{"message":"m"}]}`, true},
		{"flow style", "{kind: ResourceList, items: [" + objects + "], results: [{message: m}]}", false},
		{"quoted keys", "\"kind\": ResourceList\nitems:\n" + items + "results:\n- message: m\n", false},
		{"an alias between sections", "kind: ResourceList\nitems:\n- &a {message: m}\n" + items + "results:\n- *a\n", false},
		{"a scalar at items", "kind: ResourceList\nitems:\n  text\nfunctionConfig:\n" + strings.Repeat("  # c\n", ParsedHere) + "", false},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			asked := false
			got := Read([]byte(c.output), func(text []byte) Output {
				asked = true
				return Parse(text)
			})
			if asked == c.certain {
				t.Errorf("certain: %v", !asked)
			}
			if c.title != "a scalar at items" && (len(got.Results) != 1 || got.Results[0].Message != "m") {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestHostileOutputEnds(t *testing.T) {
	bomb := "kind: ResourceList\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for n := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", n+1, n+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", n), 10), ","))
	}
	for title, text := range map[string]string{
		"aliases":           bomb + "results: *a9\n",
		"a cycle":           "kind: ResourceList\nresults: &a [*a]\n",
		"nesting":           "kind: ResourceList\nresults: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"nesting in JSON":   `{"kind":"ResourceList","results":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}",
		"an unclosed brace": "{",
		"only a comment":    "# nothing\n",
	} {
		t.Run(title, func(t *testing.T) {
			if got := Parse([]byte(text)); got.NotResourceList == "" {
				t.Errorf("%.200s", Text(got.Results))
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("kind: ResourceList\nitems: []\n"))
	f.Add([]byte(`{"kind":"ResourceList"}`))
	f.Fuzz(func(t *testing.T, text []byte) { Read(text, Parse) })
}

package apitest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

const address = "http://localhost/openapi.yaml" // of the document, for its own references; nobody asks for it

// document is docs/openapi.yaml, with each reference replaced by what it leads to, but for schemas, which the compiler reads.
type document struct {
	Paths      map[string]map[string]operation
	Components struct {
		Schemas map[string]schema
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Responses   map[string]response
	RequestBody *response `json:"requestBody"`
}

type response struct {
	Description string
	Headers     map[string]struct {
		Required bool
		Schema   any
	}
	Content map[string]struct {
		Schema   any
		Examples map[string]struct{ Value any }
	}
}

type schema struct {
	Type                 string
	AdditionalProperties *bool `json:"additionalProperties"`
	Required             []string
	Properties           map[string]schema
	Description          string
	Enum                 []string
}

// read reads the document, and what compiles its schemas.
func read(t *testing.T) (document, *jsonschema.Compiler) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	whole := remarshal[any](t, root)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(address, closed(remarshal[any](t, root))); err != nil {
		t.Fatal(err)
	}
	resolved := resolve(t, whole, whole)
	for _, item := range resolved.(map[string]any)["paths"].(map[string]any) {
		delete(item.(map[string]any), "parameters")
	}
	return remarshal[document](t, resolved), compiler
}

// closed has each object have no other fields than those that are named: a client takes more, and the program answers none.
func closed(part any) any {
	object, _ := part.(map[string]any)
	for _, inner := range object {
		closed(inner)
	}
	if _, ok := object["properties"]; ok {
		object["additionalProperties"] = false
	}
	return part
}

// resolve replaces references to anything but schemas.
func resolve(t *testing.T, whole, part any) any {
	switch part := part.(type) {
	case map[string]any:
		if to, ok := part["$ref"].(string); ok && !strings.HasPrefix(to, "#/components/schemas/") {
			found := whole
			for name := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
				if found, ok = found.(map[string]any)[name]; !ok {
					t.Fatalf("%s leads nowhere", to)
				}
			}
			return resolve(t, whole, found)
		}
		all := map[string]any{}
		for name, value := range part {
			all[name] = resolve(t, whole, value)
		}
		return all
	case []any:
		all := []any{}
		for _, value := range part {
			all = append(all, resolve(t, whole, value))
		}
		return all
	}
	return part
}

// remarshal is a value as it reads in JSON.
func remarshal[T any](t *testing.T, value any) (read T) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&read); err != nil {
		t.Fatal(err)
	}
	return read
}

// fits says what is wrong with a value by a schema of the document.
func fits(t *testing.T, compiler *jsonschema.Compiler, schema, value any) error {
	t.Helper()
	text, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	// Beside the document, so that references lead into it.
	name := "http://localhost/" + fmt.Sprintf("%x", text)
	own, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(string(text), `"#/components/`, `"`+address+`#/components/`)))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource(name, own); err != nil && !strings.Contains(err.Error(), "already") {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(remarshal[any](t, value))
}

// Objects have all the fields that are named, each with words. A client that is made from the document takes those of a later
// version, too.
func TestSchemasAreStrict(t *testing.T) {
	doc, _ := read(t)
	var strict func(name string, s schema)
	strict = func(name string, s schema) {
		if s.Type != "object" {
			return
		}
		names := slices.Sorted(maps.Keys(s.Properties))
		if required := slices.Sorted(slices.Values(s.Required)); name != "Start" && !slices.Equal(required, names) {
			t.Errorf("%s: all of %q are always there, so all must be required, got %q", name, names, required)
		}
		if s.AdditionalProperties != nil && !*s.AdditionalProperties {
			t.Errorf("%s must leave room for the fields of a later version: strict clients would refuse those", name)
		}
		for field, p := range s.Properties {
			if p.Type != "object" && p.Type != "array" && len(p.Description) < 10 && name+"."+field != "User.verified" {
				t.Errorf("%s.%s must be explained", name, field)
			}
			strict(name+"."+field, p)
		}
	}
	for name, s := range doc.Components.Schemas {
		strict(name, s)
	}
	all := map[string]bool{"method_not_allowed": true} // whose methods the document does not have
	for _, item := range doc.Paths {
		for _, o := range item {
			for status, r := range o.Responses {
				if status < "400" {
					continue
				}
				for _, code := range codes(t, r) {
					all[code] = true
				}
			}
		}
	}
	listed := slices.Sorted(slices.Values(doc.Components.Schemas["Error"].Properties["error"].Properties["code"].Enum))
	if want := slices.Sorted(maps.Keys(all)); !slices.Equal(listed, want) {
		t.Errorf("the schema of errors must list %q, got %q", want, listed)
	}
}

// Each example is one of what is described, and each answer has one.
func TestExamplesFit(t *testing.T) {
	doc, compiler := read(t)
	for path, item := range doc.Paths {
		for method, o := range item {
			if o.OperationID == "" || o.Summary == "" {
				t.Errorf("%s %s must have a name and words", method, path)
			}
			if o.RequestBody != nil {
				examplesFit(t, compiler, path+" body", *o.RequestBody)
			}
			for status, r := range o.Responses {
				examplesFit(t, compiler, strings.ToUpper(method)+" "+path+" "+status, r)
			}
		}
	}
}

func examplesFit(t *testing.T, compiler *jsonschema.Compiler, what string, r response) {
	t.Helper()
	content := r.Content["application/json"]
	if len(r.Content) != 1 || len(content.Examples) == 0 || r.Description == "" {
		t.Errorf("%s must be JSON, with words and an example", what)
	}
	for name, example := range content.Examples {
		if err := fits(t, compiler, content.Schema, example.Value); err != nil {
			t.Errorf("%s: the example %s must be one: %v", what, name, err)
		}
	}
}

// codes are those of errors that an answer can have: it has an example of each, by its name.
func codes(t *testing.T, r response) (names []string) {
	t.Helper()
	for name, example := range r.Content["application/json"].Examples {
		names = append(names, name)
		if got := remarshal[failure](t, example.Value).Error.Code; got != name {
			t.Errorf("the example %s must be one of that code, got %q", name, got)
		}
	}
	return names
}

// failure is an error as it is answered.
type failure struct {
	Error struct{ Code string }
}

// told is whether an answer is among those that the document has for a request, and how it would be called there.
func (d document) told(t *testing.T, compiler *jsonschema.Compiler, path, method string, status int, header http.Header, body string) string {
	t.Helper()
	r, ok := d.Paths[path][method].Responses[fmt.Sprint(status)]
	what := fmt.Sprintf("%s %s %d", method, path, status)
	if !ok {
		t.Errorf("the document has no %s, which was answered %s", what, body)
		return what
	}
	for name, h := range r.Headers {
		if value := header.Get(name); h.Required && value == "" {
			t.Errorf("%s must have the header %s", what, name)
		} else if err := fits(t, compiler, h.Schema, headerValue(value)); value != "" && err != nil {
			t.Errorf("%s: the header %s: %v", what, name, err)
		}
	}
	for _, name := range []string{"Retry-After", "WWW-Authenticate"} {
		if _, ok := r.Headers[name]; header.Get(name) != "" && !ok {
			t.Errorf("the document does not tell of the header %s of %s", name, what)
		}
	}
	content, ok := r.Content[header.Get("Content-Type")]
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil || !ok {
		t.Errorf("%s must be JSON, got %s %s", what, header.Get("Content-Type"), body)
	} else if err := fits(t, compiler, content.Schema, value); err != nil {
		t.Errorf("%s does not fit what the document says: %s\n%v", what, body, err)
	}
	code := ""
	if status >= 400 {
		if code = remarshal[failure](t, value).Error.Code; !slices.Contains(codes(t, r), code) {
			t.Errorf("%s must not be %s, or the document needs an example of that", what, code)
		}
	}
	return strings.TrimSpace(what + " " + code)
}

// headerValue is a number where it is one.
func headerValue(text string) any {
	if n := json.Number(text); text != "" && strings.Trim(text, "0123456789") == "" {
		return n
	}
	return text
}

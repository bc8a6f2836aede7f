package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/identity-starter/settings"
	"example.com/identity-starter/tests"
)

// dotenv reads a .env file with this content, below these variables of the environment.
func dotenv(t *testing.T, content string, pairs ...string) (*settings.Reader, error) {
	t.Helper()
	return settings.Dotenv(filepath.Join(tests.WriteDotenv(t, content), ".env"), tests.Environment(pairs...))
}

// A file is below the environment, and none is fine.
func TestNoDotenv(t *testing.T) {
	r, err := settings.Dotenv(filepath.Join(t.TempDir(), ".env"), tests.Environment("APP_NAME=Mine"))
	if err != nil || r.Text("APP_NAME") != "Mine" || r.Text("ADDR") != "" {
		t.Errorf("no .env must be fine, got %v", err)
	}
	r, err = dotenv(t, "\xef\xbb\xbfAPP_NAME=From file\r\nTEAM_COLOR='blue'\r\n", "APP_NAME=Mine", "LOG_LEVEL=")
	if err != nil || r.Text("APP_NAME") != "Mine" || r.Text("TEAM_COLOR") != "blue" || r.Text("LOG_LEVEL") != "" {
		t.Errorf("the environment must go before the file, got %q, %q, %v", r.Text("APP_NAME"), r.Text("TEAM_COLOR"), err)
	}
}

// A .env that does not parse holds secrets all the same: nothing of it is printed but
// which line it is.
func TestDotenvThatDoesNotParse(t *testing.T) {
	const line, form, coding = "line ", "NAME=value", "UTF-8"
	for name, c := range map[string]struct{ file, place, help string }{
		"no equals sign":    {"STRIPE_SECRET_KEY sk_test_marker\n", line + "1:", form},
		"an open quote":     {"# a\n\nSTRIPE_SECRET_KEY=\"sk_test_marker\nAPP_NAME=marker\n", line + "3:", "ends with it"},
		"behind a quote":    {"A='b\nc'\nSTRIPE_SECRET_KEY='sk_test'marker\n", line + "3:", "ends with it"},
		"a quote in quotes": {"STRIPE_SECRET_KEY='sk_test'marker'\n", line + "1:", "ends with it"},
		"a bad name":        {"STRIPE-SECRET(marker)=1\n", line + "1:", form},
		"a dash":            {"\r\nREQUIRE-MATCHING-SELFIE=marker\n", line + "2:", form},
		"no name":           {"=marker", line + "1:", form},
		"a value alone":     {"whsec_marker", line + "1:", form},
		"good, then bad":    {"STRIPE_SECRET_KEY=sk_test_marker\nmarker\n", line + "2:", form},
		"binary":            {"\x00\x01marker", "", coding},
		"UTF-16":            {"\xff\xfem\x00a\x00r\x00k\x00=\x001\x00", "Windows PowerShell", coding},
		"UTF-16, no mark":   {"m\x00a\x00r\x00k\x00=\x001\x00", "Windows PowerShell", coding},
		"the other UTF-16":  {"\xfe\xff\x00m\x00a\x00r\x00k\x00=\x001", "Windows PowerShell", coding},
		"Latin-1":           {"APP_NAME=m\xe4rker\n", "", coding},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := dotenv(t, c.file, "APP_NAME=Mine")
			if err == nil {
				t.Fatal("the file must be refused")
			}
			message := err.Error()
			if !strings.HasPrefix(message, ".env: ") || !strings.Contains(message, c.place) || !strings.Contains(message, c.help) || strings.Contains(message, "\n") {
				t.Errorf("the message must be one line that says where, %q, and what to do, %q, got %q", c.place, c.help, message)
			}
			if strings.Contains(message, "mark") || strings.Contains(message, "STRIPE") {
				t.Errorf("nothing of the file may be printed, got %q", message)
			}
			if r.Text("APP_NAME") != "Mine" || r.Text("STRIPE_SECRET_KEY") != "" || r.Err() == nil {
				t.Errorf("the environment must be all there is then, and the file among the problems, got %v", r.Err())
			}
		})
	}
	folder := filepath.Join(t.TempDir(), ".env")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Dotenv(folder, tests.Environment()); err == nil || !strings.HasPrefix(err.Error(), ".env: ") {
		t.Errorf("a .env that is a folder must be said to be one that cannot be read, got %v", err)
	}
}

// spellings are lines of a .env file, and the value that whoever writes one means: a
// line of which the parser would make another is refused.
var spellings = []struct{ line, means string }{
	{`A=blue`, "blue"},
	{`A =  blue  `, "blue"},
	{`  export A=blue`, "blue"},
	{`A: blue`, "blue"},
	{`A=`, ""},
	{`A=''`, ""},
	{`A='blue' # ours`, "blue"},
	{`A="blue"# ours`, "blue"},
	{`A=blue#green`, "blue#green"},
	{`A='blue # green'`, "blue # green"},
	{`A="#blue"`, "#blue"},
	{`A=ab$c`, "ab$c"}, // of small letters the parser makes no name
	{`A='Gru$Haus9'`, "Gru$Haus9"},
	{`A="Gru\$Haus9"`, "Gru$Haus9"},
	{`A="it's \"blue\" \\ green"`, `it's "blue" \ green`},
	{`A='a\nb'`, `a\nb`},
	{`A="a\nb"`, "a\nb"},
	{"A='a\nb'", "a\nb"},
	{`A=a\nb"c'`, `a\nb"c'`},
	{`A=https://a.example/?b=c&d:e=f`, "https://a.example/?b=c&d:e=f"},

	{`A=blue # ours`, refusedComment},
	{"A=blue\t#ours", refusedComment},
	{`A=blue # green # ours`, refusedComment},
	{`A=# blue`, refusedComment},
	{`A= #blue`, refusedComment},
	{`A=Gru$Haus9`, refusedSign},
	{`A=Gru$Haus9@b # ours`, refusedComment},
	{`A="Gru$Haus9"`, refusedSign},
	{`A=Gru${HOME}`, refusedSign},
	{`A=Gru$(Haus)`, refusedSign},
	{`A=Gru\$Haus9`, refusedSign},
	{`A="Gru\\$HAUS"`, refusedSign},
	{`A="C:\temp"`, refusedSign},
	{"A=\"blue\\\n\"", refusedSign},
	{`A="blue\""`, refusedSign},
	{`A="'blue'"`, "has quotes"},
	{`A=“blue”`, "has quotes"},
}

const refusedComment, refusedSign = "a comment goes on a line of its own, and a value with a # into single quotes", `single quotes, or, for a $, write \$ in double ones`

// A value is the one that was written, or it is refused with what to do, and never shown.
func TestValuesAreTakenAsTheyAreWritten(t *testing.T) {
	for _, c := range spellings {
		for _, name := range []string{"OURS", "TEAM_OURS"} {
			r, err := dotenv(t, "HAUS=1\nHOME=2\nOTHER=a$B # c\n"+strings.Replace(c.line, "A", name, 1)+"\nLAST=3")
			if err != nil {
				t.Errorf("%s must parse, got %v", c.line, err)
				continue
			}
			got, last := r.Text(name), r.Text("LAST")
			if last != "3" {
				t.Errorf("%s must end with its line, got %q for the next one", c.line, last)
			}
			r.Wrong(name, "is not what it should be, either")
			switch err := r.Err(); {
			case err == nil:
				t.Errorf("%s: what else is wrong must be told", c.line)
			case strings.HasSuffix(err.Error(), "either"):
				if got != strings.TrimSpace(c.means) {
					t.Errorf("%s must be taken as %q or be refused, got %q", c.line, c.means, got)
				}
			case !strings.HasPrefix(err.Error(), name+": has ") || !strings.Contains(err.Error(), c.means) || strings.Contains(err.Error(), "\n"):
				t.Errorf("%s must be refused in one line that names it and says %q, got %v", c.line, c.means, err)
			case strings.Contains(err.Error(), "Haus") || strings.Contains(err.Error(), "blue"):
				t.Errorf("%s: no value may be shown, got %v", c.line, err)
			}
		}
	}
}

// What is not ours may be written as others read it, and a line below the environment is not read.
func TestOnlyValuesThatAreReadAreRefused(t *testing.T) {
	const refused = "POSTGRES_PASSWORD=a$B\nAPP_NAME=a$B\nLOG_LEVEL=info # quiet\n"
	r, _ := dotenv(t, refused, "APP_NAME=Mine", "LOG_LEVEL=warn")
	if got := r.Text("APP_NAME") + r.Text("LOG_LEVEL"); got != "Minewarn" || r.Err() != nil {
		t.Errorf("what the environment has must be taken, whatever .env says, got %q, %v", got, r.Err())
	}
	r, _ = dotenv(t, refused+"TEAM_KEY=a$B\nTEAM_OTHER=a$B\n", "TEAM_OTHER=")
	if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "TEAM_KEY: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a value of the team's must be refused also while nobody asks for it, and no other, got %v", err)
	}
}

// What is in the environment comes from others, who know neither quotes nor comments.
func TestWhatDockerLeavesInAValue(t *testing.T) {
	for value, want := range map[string]string{
		`"blue"`: "A: has quotes that are part of the value, as `docker --env-file` leaves them: remove them",
		`'blue'`: "A: has quotes", `“blue”`: "A: has quotes", `„blue“`: "A: has quotes",
		"blue # ours": "A: is wrong (it has a # in its value, to which `docker --env-file`",
		`"a" <b@c>`:   "A: is wrong", `"`: "A: is wrong", `blue"`: "A: is wrong", "Shop #1": "A: is wrong", "": "A: is wrong",
	} {
		r := reader("A=" + value)
		r.Text("A")
		r.Text("A")
		r.Wrong("A", "is wrong")
		if got := r.Err().Error(); !strings.HasPrefix(got, want) || strings.Contains(want, "(") != strings.Contains(got, "(") || strings.Contains(got, "\n") || strings.Contains(got, "blue") {
			t.Errorf("of %s the message must be %q, got %q", value, want, got)
		}
	}
}

// A value that may not be the one that was meant is told of, with what else is wrong
// with it, or by itself.
func TestHiddenValues(t *testing.T) {
	const nothing, again = "is set to nothing in the environment, which goes before .env", "stands in .env more than once, and only the last line holds"
	for _, c := range []struct{ file, env, value, doubt string }{
		{"A=1\n", "A=", "", nothing},
		{"A=1\n", "A= ", "", nothing},
		{"A=\n", "A=", "", ""},
		{"A=1\n", "A=2", "2", ""},
		{"A=1\nB=1\nA=2\n", "", "2", again},
		{"A=1\nA=\nA=\n", "", "", again},
		{"A=\nA=1\n", "", "1", ""},
		{"A=1\nA='1'\n", "", "1", ""},
		{"A=1\nA=2\n", "A=3", "3", ""},
	} {
		for _, wrong := range []bool{false, true} {
			var env []string
			if c.env != "" {
				env = append(env, c.env)
			}
			r, err := dotenv(t, c.file, env...)
			if got := r.Text("A"); got != c.value || err != nil {
				t.Errorf("%q below %q must be %q, got %q, %v", c.file, c.env, c.value, got, err)
			}
			told := ""
			if wrong {
				r.Wrong("A", "is wrong")
				told = strings.TrimPrefix(r.Err().Error(), "A: is wrong")
			}
			if told += strings.Join(r.Doubts(), "\n"); (told == "") != (c.doubt == "") || strings.Count(told, c.doubt) != 1 && c.doubt != "" {
				t.Errorf("%q below %q, refused: %v: it must be told once that it %q, got %q", c.file, c.env, wrong, c.doubt, told)
			}
		}
	}
}

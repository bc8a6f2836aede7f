package team

import (
	"embed"
	"io/fs"

	"example.com/identity-starter/templates"
)

//go:embed brand
var files embed.FS

// brand is what makes the pages yours: brand/README.md says what may lie there.
func brand() templates.Brand {
	inside, err := fs.Sub(files, "brand")
	if err != nil {
		panic(err) // of a name that is a constant
	}
	return templates.Brand{
		Name:     "", // the default of APP_NAME
		LogoText: "", // the words of the logo, for people who do not see it
		Files:    inside,
	}
}

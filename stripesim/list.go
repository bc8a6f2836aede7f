package stripesim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// list returns the values of an array parameter, in the order of its indices.
func list(form url.Values, name string) []string {
	values := slices.Clone(form[name+"[]"])
	for i := range len(form) {
		values = append(values, form[name+"["+strconv.Itoa(i)+"]"]...)
	}
	return values
}

// page is Stripe's list object (docs.stripe.com/api/pagination).
type page[T any] struct {
	Object  string `json:"object"`
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

// pageParams are the parameters that every list takes.
var pageParams = schema{
	"limit": {kind: number}, "starting_after": {}, "ending_before": {}, "expand[]": {},
	"created": {kind: number}, "created[gt]": {kind: number}, "created[gte]": {kind: number},
	"created[lt]": {kind: number}, "created[lte]": {kind: number},
}

// listSchema is pageParams and more.
func listSchema(more schema) schema {
	all := schema{}
	for _, sc := range []schema{pageParams, more} {
		for k, v := range sc {
			all[k] = v
		}
	}
	return all
}

// paginate cuts out of items, newest first, the page that the form asks for.
func paginate[T any](c *call, items []T, id func(T) string) (page[T], error) {
	limit := 10
	if v := c.form.Get("limit"); v != "" {
		limit, _ = strconv.Atoi(v) // checked by the schema
	}
	if limit < 1 || limit > 100 {
		return page[T]{}, badParam("parameter_invalid_integer", "limit", "Invalid integer: limit must be between 1 and 100")
	}
	find := func(name string) (int, error) {
		i := slices.IndexFunc(items, func(t T) bool { return id(t) == c.form.Get(name) })
		if i < 0 {
			return 0, newError(http.StatusBadRequest, "resource_missing", name, "No such object: '%s'", c.form.Get(name))
		}
		return i, nil
	}
	p := page[T]{Object: "list", URL: c.r.URL.Path}
	switch {
	case c.form.Has("starting_after"):
		i, err := find("starting_after")
		if err != nil {
			return p, err
		}
		items = items[i+1:]
	case c.form.Has("ending_before"):
		i, err := find("ending_before")
		if err != nil {
			return p, err
		}
		p.HasMore = i > limit
		p.Data = append([]T{}, items[max(i-limit, 0):i]...)
		return p, nil
	}
	p.HasMore = len(items) > limit
	p.Data = append([]T{}, items[:min(limit, len(items))]...)
	return p, nil
}

// createdWithin reports whether a time fits the created parameters, which the schema has checked.
func createdWithin(form url.Values, created int64) bool {
	for _, cond := range []struct {
		name string
		ok   func(limit int64) bool
	}{
		{"created", func(l int64) bool { return created == l }},
		{"created[gt]", func(l int64) bool { return created > l }},
		{"created[gte]", func(l int64) bool { return created >= l }},
		{"created[lt]", func(l int64) bool { return created < l }},
		{"created[lte]", func(l int64) bool { return created <= l }},
	} {
		if v := form.Get(cond.name); v != "" {
			limit, _ := strconv.ParseInt(v, 10, 64)
			if !cond.ok(limit) {
				return false
			}
		}
	}
	return true
}

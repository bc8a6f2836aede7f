// Package e2e drives the built program in a real browser, against a simulated
// Stripe. It is a module of its own, so that the app's go.mod stays short.
//
// It needs Chromium or Chrome, and once: npm ci (for axe-core, which looks for
// obstacles to people with disabilities). Pictures of every page land in shots/.
package e2e

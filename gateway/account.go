package gateway

import "github.com/stripe/stripe-go/v82"

// accountName is the name that an account's owner would recognise.
func accountName(a *stripe.Account) string {
	if a.BusinessProfile != nil && a.BusinessProfile.Name != "" {
		return a.BusinessProfile.Name
	}
	if a.Settings != nil && a.Settings.Dashboard != nil {
		return a.Settings.Dashboard.DisplayName
	}
	return ""
}

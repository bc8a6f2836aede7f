package gateway

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// ownTimeout is less than for other calls: an exchange comes after it, and
// both together must not keep anybody waiting for more than 15 seconds.
const ownTimeout = 4 * time.Second

// Account is what an account lets the platform see of itself.
type Account struct {
	ID, Name         string
	Charges, Payouts bool
}

// OwnAccount is the account that the key belongs to, asked once. Errors: ErrRejected
// (a restricted key may lack the permission), ErrUnavailable.
func (c *Client) OwnAccount(ctx context.Context) (Account, error) {
	if known := c.own.Load(); known != nil {
		return *known, nil
	}
	a, err := c.account(ctx, ownTimeout, &stripe.AccountRetrieveParams{})
	if err == nil {
		c.own.Store(&a)
	}
	return a, err
}

// Dashboard is how addresses of pages in Stripe's Dashboard begin. They name the account as soon as it is known: else the
// page of whichever account or sandbox somebody is signed in to would open.
func (c *Client) Dashboard() string {
	begin := dashboard
	if known := c.own.Load(); known != nil {
		begin += known.ID + "/"
	}
	if strings.Contains(c.opt.SecretKey, "_test_") {
		begin += "test/"
	}
	return begin
}

const dashboard = "https://dashboard.stripe.com/"

// ConnectedAccount reads an account as that account, through the Stripe-Account
// header. Errors: ErrRevoked, ErrRejected, ErrUnavailable.
func (c *Client) ConnectedAccount(ctx context.Context, accountID string) (Account, error) {
	return c.account(ctx, callTimeout, &stripe.AccountRetrieveParams{Params: stripe.Params{StripeAccount: stripe.String(accountID)}})
}

func (c *Client) account(ctx context.Context, timeout time.Duration, p *stripe.AccountRetrieveParams) (Account, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	a, err := c.stripe.V1Accounts.Retrieve(ctx, p)
	if err == nil && a.ID == "" {
		err = errors.New("deserialize: not an account") // JSON, but not Stripe's
	}
	if err != nil {
		return Account{}, apiError("read account", err)
	}
	return Account{ID: a.ID, Name: accountName(a), Charges: a.ChargesEnabled, Payouts: a.PayoutsEnabled}, nil
}

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

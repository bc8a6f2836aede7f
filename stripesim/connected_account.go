package stripesim

import (
	"slices"
)

// The accounts that exist from the start. The authorize page offers them and a new one.
const (
	PlatformAccount = "acct_simulator_platform" // the account that SecretKey belongs to
	AccountA        = "acct_kiosk_nord"         // "Kiosk Nord", can take payments
	AccountB        = "acct_atelier_sued"       // "Atelier Süd", can take payments but not yet pay out
)

// Account is a Stripe account.
type Account struct {
	ID, Name  string
	Charges   bool // charges_enabled
	Payouts   bool // payouts_enabled
	Connected bool // to the platform
	Scope     string
	refresh   string // the connection's refresh token
}

// Accounts returns all accounts, the platform's own first.
func (s *Sim) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Account, 0, len(s.accounts))
	for _, a := range s.accounts {
		all = append(all, *a)
	}
	return all
}

func startingAccounts() []*Account {
	return []*Account{
		{ID: PlatformAccount, Name: "Simulated platform", Charges: true, Payouts: true},
		{ID: AccountA, Name: "Kiosk Nord", Charges: true, Payouts: true},
		{ID: AccountB, Name: "Atelier Süd", Charges: true},
	}
}

func (s *Sim) account(id string) *Account {
	i := slices.IndexFunc(s.accounts, func(a *Account) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return s.accounts[i]
}

func (s *Sim) connected(id string) bool {
	a := s.account(id)
	return a != nil && a.Connected
}

type accountObject struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	BusinessProfile  businessProfile   `json:"business_profile"`
	Capabilities     map[string]string `json:"capabilities"`
	ChargesEnabled   bool              `json:"charges_enabled"`
	Country          string            `json:"country"`
	DefaultCurrency  string            `json:"default_currency"`
	DetailsSubmitted bool              `json:"details_submitted"`
	Metadata         map[string]string `json:"metadata"`
	PayoutsEnabled   bool              `json:"payouts_enabled"`
	Settings         accountSettings   `json:"settings"`
	Type             string            `json:"type"`
}

type businessProfile struct {
	Name string  `json:"name"`
	URL  *string `json:"url"`
}

type accountSettings struct {
	Dashboard dashboardSettings `json:"dashboard"`
}

type dashboardSettings struct {
	DisplayName string `json:"display_name"`
	Timezone    string `json:"timezone"`
}

// object renders an account (docs.stripe.com/api/accounts/object), without an e-mail address, which nobody needs.
func (a *Account) object() *accountObject {
	state := map[bool]string{true: "active", false: "inactive"}
	return &accountObject{
		ID: a.ID, Object: "account", BusinessProfile: businessProfile{Name: a.Name}, ChargesEnabled: a.Charges,
		Capabilities: map[string]string{"card_payments": state[a.Charges], "transfers": state[a.Payouts]},
		Country:      "DE", DefaultCurrency: "eur", DetailsSubmitted: a.Charges, Metadata: map[string]string{},
		PayoutsEnabled: a.Payouts, Type: "standard",
		Settings: accountSettings{Dashboard: dashboardSettings{DisplayName: a.Name, Timezone: "Etc/UTC"}},
	}
}

// retrieveOwnAccount answers GET /v1/account: the platform, or the account that is acted for.
func (s *Sim) retrieveOwnAccount(c *call) (any, error) {
	id := c.account
	if id == "" {
		id = PlatformAccount
	}
	return s.account(id).object(), expandOnly.check(c.form)
}

func (s *Sim) retrieveAccount(c *call) (any, error) {
	id := c.r.PathValue("id")
	own := PlatformAccount
	if c.account != "" {
		own = c.account
	}
	if id != own && (c.account != "" || !s.connected(id)) {
		return nil, s.noAccess(id)
	}
	return s.account(id).object(), expandOnly.check(c.form)
}

func (s *Sim) listAccounts(c *call) (any, error) {
	if err := pageParams.check(c.form); err != nil {
		return nil, err
	}
	var objects []*accountObject
	for _, a := range slices.Backward(s.accounts) {
		if a.Connected && c.account == "" {
			objects = append(objects, a.object())
		}
	}
	return paginate(c, objects, func(o *accountObject) string { return o.ID })
}

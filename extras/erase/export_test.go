package erase

// What the tests of the rules do by hand.
var (
	ErrNoUser       = errNoUser
	FindUser        = findUser
	Want            = want
	ToRedact        = toRedact
	NextRedaction   = nextRedaction
	NothingToRedact = nothingToRedact
	Forget          = forgetAll
	Retire          = retire
)
